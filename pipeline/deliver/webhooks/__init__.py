"""What providers post to us after they took a mail: one file a provider, each a `ports.Webhook`."""
