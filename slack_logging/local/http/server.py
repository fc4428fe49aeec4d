"""The HTTP edge: reads requests, lets planned faults happen, asks the pure parts, records, answers.

Loopback only: a request whose Host is not this machine is refused, so that no web page of somebody else can reach
the server by a name of its own. So is what a page of another site makes a browser send: who can reach the server can
act as anybody. Nothing here decides what Slack would say.
"""

from __future__ import annotations

import asyncio
import email.utils
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from slack_logging.local import limits
from slack_logging.local.api.arguments import Arguments
from slack_logging.local.api.methods.request import AS_IT_IS, Reading
from slack_logging.local.api.webapi import WebApi, refused
from slack_logging.local.api.webhooks import Webhooks, read_payload
from slack_logging.local.calls import Call, without_tokens
from slack_logging.local.errors import ApiError
from slack_logging.local.faults.plan import FaultPlan
from slack_logging.local.http.later import Later
from slack_logging.local.http.mishaps import Outcome, Process, as_json, outcome, plain
from slack_logging.local.http.wire import read_call, read_upload, read_utf8
from slack_logging.local.state.apps import LOOPBACK
from slack_logging.local.state.workspace import Workspace

_log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Routes and handlers. All handlers run in one event loop; state is touched under the workspace's lock.

    Args:
        workspace: the state.
        web_api: answers Web API calls.
        webhooks: answers webhook posts.
        faults: the plan of what goes wrong.
        record: is given every call, from the loop's thread, under the lock.
        share_delay: seconds from the answer to files.completeUploadExternal until the file shows.
    """

    def __init__(
        self,
        workspace: Workspace,
        web_api: WebApi,
        webhooks: Webhooks,
        faults: FaultPlan,
        *,
        record: Callable[[Call], None],
        share_delay: float,
    ) -> None:
        self.url = ""
        self.later = Later(workspace.clock)
        self._workspace = workspace
        self._web_api = web_api
        self._webhooks = webhooks
        self._faults = faults
        self._record = record
        self._share_delay = share_delay

    def application(self) -> web.Application:
        """Return the application, to which the web page adds its own routes."""
        app = web.Application(middlewares=[_guarded], client_max_size=limits.FILE + limits.BODY)
        app.on_cleanup.append(self._forget)
        app.router.add_get("/api/{method}", self._call, allow_head=False)  # which would act too
        app.router.add_post("/api/{method}", self._call)
        app.router.add_post("/services/{team}/{bot}/{secret}", self._webhook)
        app.router.add_post("/commands/{team}/{use}/{secret}", self._webhook)
        app.router.add_post("/actions/{team}/{use}/{secret}", self._webhook)
        app.router.add_post("/upload/v1/{file}", self._upload)
        app.router.add_get("/files/{file}/download/{name:.*}", self._download)
        app.router.add_get("/files/{file}/{name:.*}", self._download)
        return app

    async def _forget(self, _app: web.Application) -> None:
        await self.later.close()

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            values, token = await read_call(request)
            refusal = None
        except ApiError as error:
            values, token, refusal = {}, None, refused(error)

        def process(reading: Reading) -> Outcome:
            answer = refusal or self._web_api.call(method, token, Arguments(values), url=self.url, reading=reading)
            for action in answer.afterwards:
                asyncio.get_running_loop().call_later(self._share_delay, self._afterwards, action)
            return as_json(answer), answer.error

        return await self._answer(request, method, values, process)

    def _afterwards(self, action: Callable[[], object]) -> None:
        """Do what Slack does asynchronously; meanwhile its thread or channel may have gone."""
        with self._workspace.lock:
            try:
                action()
            except ApiError as error:
                _log.warning("a file could not be shared: %s", error.code)

    async def _webhook(self, request: web.Request) -> web.StreamResponse:
        body = await read_utf8(request)

        def process(_reading: Reading) -> Outcome:
            answer = self._webhooks.post(request.path, body)
            return plain(answer), answer.error

        return await self._answer(request, "webhook", _webhook_args(body), process)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        """Take the bytes of a file, at an address that files.getUploadURLExternal gave out. Needs no token."""
        body = await read_upload(request)
        file_id = request.match_info["file"]

        def process(_reading: Reading) -> Outcome:
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

        def process(_reading: Reading) -> Outcome:
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
        """Process a request, as far as the fault that it meets lets it, and record it when its answer is decided."""
        arrived = self._workspace.clock.time()
        with self._workspace.lock:
            fault = self._faults.take(method, arrived, time.monotonic())
        if fault and fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
        with self._workspace.lock:
            if fault and fault.kind == "cut_late":
                self.later.call_at(arrived + fault.seconds, lambda: self._afterwards(lambda: process(AS_IT_IS)))
            secure_url = f"https://{request.host}{request.path_qs}"
            response, error = outcome(method, process, fault, secure_url=secure_url)
            status = 0 if fault and fault.is_cut else response.status
            headers = without_tokens({name.lower(): value for name, value in request.headers.items()})
            self._record(Call(method, without_tokens(args), arrived, status, error, headers))
        if fault and fault.is_cut and request.transport is not None:
            request.transport.close()
        if fault and fault.kind == "slow_answer":
            await asyncio.sleep(fault.seconds)
        response.headers["x-slack-req-id"] = uuid.uuid4().hex
        response.headers["Date"] = email.utils.formatdate(self._workspace.clock.time(), usegmt=True)
        return response


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what was not addressed to this machine by a name of its own; never answer with a traceback."""
    try:
        host = urlsplit(f"//{request.headers.get('Host', '')}").hostname
    except ValueError:
        host = None
    if host not in LOOPBACK:
        return web.Response(status=403, text="this server answers to 127.0.0.1 and localhost only")
    is_open = request.path == "/" or request.path.startswith("/static/")  # a link elsewhere may lead to the page
    if not is_open and _is_from_elsewhere(request):
        return web.Response(status=403, text="refused: sent by a web page of another site")
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except web.RequestPayloadError as error:  # compressed or cut into chunks, but not so
        return web.Response(status=400, text=str(error))
    except Exception as error:  # noqa: BLE001 - the log has the traceback
        if isinstance(error, ConnectionError) and (request.transport is None or request.transport.is_closing()):
            return web.Response()  # the client has gone: nobody gets this, and nothing here has failed
        _log.exception("the local Slack itself failed at %s", request.path)
        return web.Response(status=500, text="internal_error")


def _is_from_elsewhere(request: web.Request) -> bool:
    """Tell whether a web page of another site, another port included, made a browser send this.

    Browsers set both headers, and scripts there cannot change them; other programs send none, or their own address.
    """
    is_own = request.headers.get("Origin") in (None, f"http://{request.host}")
    return not is_own or request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")


def _webhook_args(body: bytes) -> dict[str, Any]:
    """Return what a webhook was sent, for the record: the payload's fields, or the bytes as text."""
    try:
        return read_payload(body)
    except ApiError:
        return {"body": body.decode(errors="replace")}
