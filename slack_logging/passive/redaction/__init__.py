"""Secrets are taken out of records."""
