"""What a planned fault makes of one HTTP exchange: what is processed, and what is answered in place of the truth."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from slack_logging.local.api import webapi, webhooks
from slack_logging.local.api.methods import METHODS
from slack_logging.local.api.methods.request import AS_IT_IS, Reading
from slack_logging.local.api.webapi import Answer
from slack_logging.local.api.webhooks import WebhookAnswer
from slack_logging.local.errors import ApiError
from slack_logging.local.faults.fault import Fault

_ERROR_PAGE = "<!DOCTYPE html><html><head><title>Server Error</title></head><body><h1>Server Error</h1></body></html>"

#: A response, and the error that the call is recorded with.
Outcome = tuple[web.Response, str | None]

#: Does what was asked. It is given how histories are read.
Process = Callable[[Reading], Outcome]


def outcome(method: str, process: Process, fault: Fault | None, *, secure_url: str) -> Outcome:
    """Return what comes of a call. The response to one whose connection is cut is never sent.

    What takes time is not here: `latency` before, `slow_answer` after, and the processing that `cut_late` puts off.

    Args:
        method: the Web API method, or ``webhook``, ``upload``, ``download``.
        process: is called at most once.
        fault: the one that happens, if any.
        secure_url: where the same would be asked by https.
    """
    if fault is None:
        return process(AS_IT_IS)
    if fault.kind == "rate_limited":
        return _too_soon(method, fault.retry_after)
    if fault.kind == "server_error":
        return web.Response(status=fault.status, text=_ERROR_PAGE, content_type="text/html"), fault.kind
    if fault.kind == "error":
        if fault.after:
            process(AS_IT_IS)
        return _refusal(method, fault.code), fault.code
    if fault.kind == "tls":
        return web.Response(status=fault.status, headers={"Location": secure_url}), fault.kind
    if fault.kind in ("cut_before", "cut_late"):
        return web.Response(), fault.kind
    behind = fault.seconds if fault.kind == "stale" else 0.0
    response, error = process(Reading(behind, from_oldest=fault.kind == "from_oldest"))
    if fault.kind == "truncated":
        whole = response.body if isinstance(response.body, bytes) else b""
        response.body = whole[: len(whole) // 2]
    return response, fault.kind if fault.is_cut or fault.kind == "truncated" else error


def _too_soon(method: str, retry_after: int | str | None) -> Outcome:
    if method == "webhook":
        answer = webhooks.rate_limited(retry_after)
        return plain(answer), answer.error
    return as_json(webapi.rate_limited(retry_after)), "ratelimited"


def _refusal(method: str, code: str) -> web.Response:
    """Refuse in the form of what was called: only the Web API does so in JSON. Of a missing scope it says which."""
    if method == "webhook":
        return plain(webhooks.refused(code))
    if method in ("upload", "download"):
        return web.Response(status=400, text=code)
    needed = ",".join(METHODS[method].scopes) if code == "missing_scope" else ""
    return as_json(webapi.refused(ApiError(code, **({"needed": needed} if needed else {}))))


def as_json(answer: Answer) -> web.Response:
    """Return the response that carries a Web API answer."""
    return web.json_response(answer.body, status=answer.status, headers=answer.headers)


def plain(answer: WebhookAnswer) -> web.Response:
    """Return the response that carries a webhook's answer."""
    kind = "application/json" if answer.is_json else "text/plain"
    return web.Response(text=answer.body, status=answer.status, headers=answer.headers, content_type=kind)
