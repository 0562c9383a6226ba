"""The people on the list: what an address is, and how a file of them is read."""
