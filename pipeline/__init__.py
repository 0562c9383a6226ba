"""Warmletter: a therapist's blog as a monthly letter, in the therapist's own words."""

__version__ = "0.1.0"
