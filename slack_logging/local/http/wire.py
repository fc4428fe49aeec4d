"""Reading Web API calls off HTTP: where the arguments and the token are, in every style that Slack takes.

Source: Web API, "Evaluating requests", "POST bodies".
"""

from __future__ import annotations

import contextlib
import re
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from slack_logging.local.api.strictjson import read_json
from slack_logging.local.errors import ApiError
from slack_logging.local.limits import BODY
from slack_logging.local.state.text import whole

#: What a Content-Type may name. Source: Web API, `invalid_charset`.
_CHARSETS = ("utf-8", "iso-8859-1")

_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


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
    if request.content_type == "multipart/form-data":
        values, is_form = await _read_multipart(request), True
    elif body := await read_body(request):
        values, is_form = _read_body(request, body), request.content_type != "application/json"
    else:
        values, is_form = whole(dict(request.query)), False
    form_token = values.pop("token", None)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return values, token.strip()
    return values, form_token if is_form and not is_secret else None


async def read_body(request: web.Request) -> bytes:
    """Return the bytes of a body that is no file.

    Raises:
        HTTPRequestEntityTooLarge: there are more than our own limit, whether their number was announced or not.
    """
    body = await _limited(request).read()
    if len(body) > BODY:
        raise web.HTTPRequestEntityTooLarge(max_size=BODY, actual_size=len(body))
    return body


async def read_utf8(request: web.Request) -> bytes:
    """Return a body that is no file as UTF-8, where its type says that it is ISO-8859-1.

    Raises:
        HTTPRequestEntityTooLarge: as for `read_body`.
    """
    body = await read_body(request)
    return body.decode("iso-8859-1").encode() if (request.charset or "").lower() == "iso-8859-1" else body


def _limited(request: web.Request) -> web.Request:
    """Return the request, not read yet, such that hardly more can be read of it than a body may be long."""
    if (request.content_length or 0) > BODY:
        raise web.HTTPRequestEntityTooLarge(max_size=BODY, actual_size=request.content_length or 0)
    return request.clone(client_max_size=BODY + 1)  # one more, as some aiohttp refuse what is just as long


async def read_upload(request: web.Request) -> bytes:
    """Return the bytes of a file, which come raw or as the first file of a form; none if there is no such part.

    Source: files.getUploadURLExternal.
    """
    if request.content_type != "multipart/form-data":
        return await request.read()
    with contextlib.suppress(ValueError, HttpProcessingError):
        parts = await request.multipart()
        while (part := await parts.next()) is not None:
            if isinstance(part, BodyPartReader) and part.filename:
                return bytes(await part.read())
    return b""


async def _read_multipart(request: web.Request) -> dict[str, Any]:
    try:
        fields = await _limited(request).post()
        return {whole(name): whole(value) for name, value in fields.items() if isinstance(value, str)}
    except (ValueError, LookupError, HttpProcessingError):  # a part's charset that there is not; a line too long
        raise ApiError("invalid_form_data") from None


def _read_body(request: web.Request, body: bytes) -> dict[str, Any]:
    if "Content-Type" not in request.headers:
        raise ApiError("missing_post_type")
    charset = (request.charset or "utf-8").lower()
    if charset not in _CHARSETS:
        raise ApiError("invalid_charset")
    if request.content_type == "application/json":
        return _read_json(body if charset == "utf-8" else body.decode(charset))
    if request.content_type == "application/x-www-form-urlencoded":
        return _read_form(body, charset)
    raise ApiError("invalid_post_type")


def _read_json(body: bytes | str) -> dict[str, Any]:
    try:
        values = read_json(body)
    except ValueError:
        raise ApiError("invalid_json") from None
    if not isinstance(values, dict):
        raise ApiError("json_not_object")
    return values


def _read_form(body: bytes, charset: str) -> dict[str, Any]:
    """Read a form, raw bytes beyond ASCII included; between two ``&`` may be nothing, and a name without ``=``."""
    try:
        text = body.decode(charset)
        if _BROKEN_ESCAPE.search(text):
            raise ApiError("invalid_form_data")
        return dict(parse_qsl(text, keep_blank_values=True, encoding=charset, errors="strict"))
    except ValueError:
        raise ApiError("invalid_form_data") from None
