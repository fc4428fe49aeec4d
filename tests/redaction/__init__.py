"""Redaction: secrets taken out of text."""
