"""The workspace: who is in it, what was said, and how it is shown. No thread, socket or web framework here."""
