"""The HTTP edge: reads requests, lets planned faults happen, asks the pure parts, records, answers.

Loopback only: a request whose Host is not this machine is refused, so that no web page of somebody else can reach
the server by a name of its own. Nothing here decides what Slack would say.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from slack_logging.local import limits, webhooks
from slack_logging.local.arguments import Arguments
from slack_logging.local.calls import Call, without_tokens
from slack_logging.local.errors import ApiError
from slack_logging.local.faults import Fault, FaultPlan
from slack_logging.local.webapi import Answer, WebApi, rate_limited, refused
from slack_logging.local.webhooks import WebhookAnswer, Webhooks
from slack_logging.local.wire import read_call
from slack_logging.local.workspace import Workspace

_log = logging.getLogger(__name__)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ERROR_PAGE = "<!DOCTYPE html><html><head><title>Server Error</title></head><body><h1>Server Error</h1></body></html>"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Process = Callable[[], tuple[web.Response, str | None]]


class Server:
    """Routes and handlers. All handlers run in one event loop; state is touched under the workspace's lock.

    Args:
        workspace: the state.
        web_api: answers Web API calls.
        webhooks: answers webhook posts.
        record: is given every call, from the loop's thread, under the lock.
        share_delay: seconds from the answer to files.completeUploadExternal until the file shows.
    """

    def __init__(
        self,
        workspace: Workspace,
        web_api: WebApi,
        webhooks: Webhooks,
        *,
        record: Callable[[Call], None],
        share_delay: float,
    ) -> None:
        self.faults = FaultPlan()
        self.url = ""
        self._workspace = workspace
        self._web_api = web_api
        self._webhooks = webhooks
        self._record = record
        self._share_delay = share_delay

    def application(self) -> web.Application:
        """Return the application, to which the web page adds its own routes."""
        app = web.Application(middlewares=[_guarded], client_max_size=limits.FILE + limits.BODY)
        app.router.add_get("/api/{method}", self._call)
        app.router.add_post("/api/{method}", self._call)
        app.router.add_post("/services/{team}/{bot}/{secret}", self._webhook)
        app.router.add_post("/commands/{team}/{use}/{secret}", self._webhook)
        app.router.add_post("/upload/v1/{file}", self._upload)
        app.router.add_get("/files/{file}/download/{name:.*}", self._download)
        app.router.add_get("/files/{file}/{name:.*}", self._download)
        return app

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            values, token = await read_call(request)
            refusal = None
        except ApiError as error:
            values, token, refusal = {}, None, refused(error)

        def process() -> tuple[web.Response, str | None]:
            answer = refusal or self._web_api.call(method, token, Arguments(values), url=self.url)
            for action in answer.afterwards:
                asyncio.get_running_loop().call_later(self._share_delay, self._later, action)
            return _json(answer), answer.error

        return await self._answer(request, method, values, process)

    def _later(self, action: Callable[[], None]) -> None:
        """Do what Slack does asynchronously; meanwhile its thread or channel may have gone."""
        with self._workspace.lock:
            try:
                action()
            except ApiError as error:
                _log.warning("a file could not be shared: %s", error.code)

    async def _webhook(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()

        def process() -> tuple[web.Response, str | None]:
            answer = self._webhooks.post(request.path, body)
            return _plain(answer), answer.error

        return await self._answer(request, "webhook", _webhook_args(body), process)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        """Take the bytes of a file, at an address that files.getUploadURLExternal gave out. Needs no token."""
        body = await request.read()
        file_id = request.match_info["file"]

        def process() -> tuple[web.Response, str | None]:
            file = self._workspace.files.get(file_id)
            if file is None or file.is_complete or len(body) != file.length:
                return web.Response(status=400, text="upload does not match what was announced"), "upload_refused"
            self._workspace.files[file_id] = replace(file, content=body)
            return web.Response(text=f"OK - {len(body)}"), None

        return await self._answer(request, "upload", {"file": file_id, "length": len(body)}, process)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """Serve a file's bytes to a bearer token with ``files:read``, never as something that a browser would run."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        file_id = request.match_info["file"]

        def process() -> tuple[web.Response, str | None]:
            try:
                identity = self._web_api.authenticate(token.strip() if scheme.lower() == "bearer" else None)
            except ApiError as error:
                return web.Response(status=403, text=error.code), error.code
            file = self._workspace.files.get(file_id)
            if "files:read" not in identity.scopes:
                return web.Response(status=403, text="missing_scope"), "missing_scope"
            if file is None or file.content is None or not file.is_complete:
                return web.Response(status=404, text="file_not_found"), "file_not_found"
            headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
            return web.Response(body=file.content, content_type="application/octet-stream", headers=headers), None

        return await self._answer(request, "download", {"file": file_id}, process)

    async def _answer(
        self, request: web.Request, method: str, args: Mapping[str, Any], process: Process
    ) -> web.StreamResponse:
        """Process a request, unless a fault comes first, and record it.

        The fault decides: latency waits and then goes on; a 429, a 500 or a cut before processing take the place of
        processing; a cut after it takes the place of the answer.
        """
        arrived = self._workspace.clock.time()
        with self._workspace.lock:
            fault = self.faults.take(method)
        if fault and fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
        with self._workspace.lock:
            response, error = (_instead(fault, method) if fault else None) or process()
            status = response.status
            if fault and fault.is_cut:
                status, error = 0, fault.kind
            headers = without_tokens({name.lower(): value for name, value in request.headers.items()})
            self._record(Call(method, without_tokens(args), arrived, status, error, headers))
        if status == 0 and request.transport is not None:
            request.transport.close()
        response.headers["x-slack-req-id"] = uuid.uuid4().hex
        return response


def _instead(fault: Fault, method: str) -> tuple[web.Response, str | None] | None:
    """Return what is answered in place of processing, or None where the fault lets the call through."""
    if fault.kind == "rate_limited":
        wait = int(fault.seconds)
        if method == "webhook":
            return _plain(webhooks.rate_limited(wait)), "rate_limited"
        return _json(rate_limited(wait)), "ratelimited"
    if fault.kind == "error":
        return _json(refused(ApiError(fault.code))), fault.code
    if fault.kind == "server_error":
        return web.Response(status=fault.status, text=_ERROR_PAGE, content_type="text/html"), fault.kind
    if fault.kind == "cut_before":
        return web.Response(), fault.kind
    return None


def _json(answer: Answer) -> web.Response:
    return web.json_response(answer.body, status=answer.status, headers=answer.headers)


def _plain(answer: WebhookAnswer) -> web.Response:
    return web.Response(text=answer.body, status=answer.status, headers=answer.headers)


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what was not addressed to this machine by a name of its own; never answer with a traceback."""
    try:
        host = urlsplit(f"//{request.headers.get('Host', '')}").hostname
    except ValueError:
        host = None
    if host not in _LOOPBACK:
        return web.Response(status=403, text="this server answers to 127.0.0.1 and localhost only")
    try:
        return await handler(request)
    except (web.HTTPException, ConnectionError):
        raise
    except Exception:  # noqa: BLE001 - the log has the traceback
        _log.exception("the local Slack itself failed at %s", request.path)
        return web.Response(status=500, text="internal_error")


def _webhook_args(body: bytes) -> dict[str, Any]:
    """Return what a webhook was sent, for the record: the payload's fields, or the bytes as text."""
    try:
        return webhooks.read_payload(body)
    except ApiError:
        return {"body": body.decode(errors="replace")}
