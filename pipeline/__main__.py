"""`python -m pipeline` is `warmletter`."""

from pipeline.cli.main import main

main()
