"""One file a provider; each satisfies `ports.Webhook`: nothing is believed that is not proved."""
