"""The Web API and webhooks without HTTP: what each call answers."""
