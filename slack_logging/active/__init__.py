"""Slack to application: commands that people type, from the message to the mark on it.

The journey, room by room: `reading` (looks and pushes; what becomes of a message) -> `people` (who may) -> `desk` (who
takes it runs it) -> `router`, with `language` (from words to arguments) and `builtins` -> `answering` (what is said in
the thread) -> `ledger` (what became of it), which `reading.marking` shows by emoji. `source` and `command` are what
programs see; `origin` is the seam between the two.
"""
