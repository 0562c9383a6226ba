"""Letters out: how a batch is cut, paced and retried, and the providers that take it."""
