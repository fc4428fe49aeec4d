"""All that knows Slack: its limits, its text, the pace of calls, and the client."""
