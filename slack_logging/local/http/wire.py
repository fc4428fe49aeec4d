"""Reading Web API calls off HTTP: where the arguments and the token are, in every style that Slack takes.

Source: Web API, "Evaluating requests", "POST bodies".
"""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from slack_logging.local.api.strictjson import read_json
from slack_logging.local.errors import ApiError
from slack_logging.local.limits import BODY


async def read_call(request: web.Request) -> tuple[dict[str, Any], str | None]:
    """Return the arguments and the token of a call.

    The body counts; the query does only if there is no body, since styles must not be mixed. The token is in the
    ``Authorization`` header or a form field, never in a query or a JSON body; apps.connections.open takes the header
    only.

    Raises:
        ApiError: ``insecure_request``, ``missing_post_type``, ``invalid_post_type``, ``invalid_json``,
            ``json_not_object``, ``invalid_form_data`` or ``invalid_charset``.
        HTTPRequestEntityTooLarge: the body is over our own limit; Slack publishes none.
    """
    is_secret = request.match_info["method"] == "apps.connections.open"
    if is_secret and request.method != "POST":
        raise ApiError("insecure_request")
    if (request.content_length or 0) > BODY:
        raise web.HTTPRequestEntityTooLarge(max_size=BODY, actual_size=request.content_length or 0)
    if request.content_type == "multipart/form-data":
        values, is_form = await _read_multipart(request), True
    elif body := await request.read():
        values, is_form = _read_body(request, body), request.content_type != "application/json"
    else:
        values, is_form = dict(request.query), False
    form_token = values.pop("token", None)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return values, token.strip()
    return values, form_token if is_form and not is_secret else None


async def read_upload(request: web.Request) -> bytes:
    """Return the bytes of a file, which come raw or as the first file of a form; none if there is no such part.

    Source: files.getUploadURLExternal.
    """
    if request.content_type != "multipart/form-data":
        return await request.read()
    with contextlib.suppress(ValueError):
        parts = await request.multipart()
        while (part := await parts.next()) is not None:
            if isinstance(part, BodyPartReader) and part.filename:
                return bytes(await part.read())
    return b""


async def _read_multipart(request: web.Request) -> dict[str, Any]:
    try:
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    except ValueError:
        raise ApiError("invalid_form_data") from None


def _read_body(request: web.Request, body: bytes) -> dict[str, Any]:
    if "Content-Type" not in request.headers:
        raise ApiError("missing_post_type")
    if request.content_type == "application/json":
        return _read_json(body)
    if request.content_type == "application/x-www-form-urlencoded":
        return _read_form(body)
    raise ApiError("invalid_post_type")


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        values = read_json(body)
    except ValueError:
        raise ApiError("invalid_json") from None
    if not isinstance(values, dict):
        raise ApiError("json_not_object")
    return values


def _read_form(body: bytes) -> dict[str, Any]:
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict"))
    except UnicodeDecodeError:
        raise ApiError("invalid_charset") from None
    except ValueError:
        raise ApiError("invalid_form_data") from None
