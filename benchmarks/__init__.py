"""How long it takes, and what real feeds become. Commands for a curious helper, no part of CI."""
