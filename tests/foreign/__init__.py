"""Whole programs of others that talk to Slack, run on the local one by hand or by ``.ci/run --all``."""
