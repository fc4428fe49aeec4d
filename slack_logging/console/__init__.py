"""`slack-logging check`, `manifest` and `send`: a module each, and what `check` is made of."""
