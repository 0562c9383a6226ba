"""The command line: one function a command, which calls a use case, prints, and ends.

What a command needs is imported inside it, so that `--help` is there at once.
"""
