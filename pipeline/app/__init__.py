"""The use cases: one function each, called by whatever runs them. None prints or exits."""
