"""Logging to Slack: a record is captured, waits in the outbox, is packed into a message, posted and settled.

The journey, in the order of the modules: `handler` (emit) -> `capture` -> `outbox` -> `formatter` (the canonical JSON)
-> `view` (what Slack shows of it) -> `packing` -> `sender` (pace, post, settle) -> `stats`.
"""
