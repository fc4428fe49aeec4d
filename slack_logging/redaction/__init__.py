"""Secrets are taken out of text, before it leaves the process: of records, and of what commands answer."""
