"""Tests are sentences; a fake and the real thing keep the same contract."""
