"""The web page: its files, its data, its events."""
