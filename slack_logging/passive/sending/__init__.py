"""From the outbox to Slack: the thread, what it posts next, and how errors live on."""
