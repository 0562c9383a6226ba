"""One file a provider; each satisfies `ports.Provider` and the contract in `tests/contracts.py`."""
