"""Slack to application: commands that people type, from the message to the mark on it."""
