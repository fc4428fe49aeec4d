"""The Web API methods that the local Slack knows: one module a family, one table in all."""

from __future__ import annotations

from slack_logging.local.api.methods import basics, chat, conversations, files, history, pins, reactions, users
from slack_logging.local.api.methods.request import Method, Request

METHODS: dict[str, Method] = {
    method.name: method
    for family in (basics, chat, conversations, files, history, pins, reactions, users)
    for method in family.METHODS
}

__all__ = ["METHODS", "Method", "Request"]
