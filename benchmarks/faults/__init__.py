"""Everything that can go wrong while a letter goes out, done to it on purpose: `make faults`.

The oracle is the fake provider's own journal, never our database: whoever stands in it twice was
mailed twice, whoever is called accepted and does not stand in it was lost. `python -m
benchmarks.faults short` is the part that tests run.
"""
