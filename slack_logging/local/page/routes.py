"""The web page of the local Slack: its files, what it draws, the events that keep it current, what people do on it.

Nothing that anybody wrote is ever put into HTML: the page is a static file, and its scripts make text nodes of the JSON
they fetch. Who can reach `/page/...` can act as any person here; the server refuses other sites' scripts and forms.
"""

from __future__ import annotations

import contextlib
import functools
import json
import mimetypes
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aiohttp import web

from slack_logging.local.api.methods import METHODS
from slack_logging.local.api.strictjson import read_json
from slack_logging.local.errors import ApiError
from slack_logging.local.faults.fault import KINDS
from slack_logging.local.faults.plan import OTHER_TARGETS, parse_fault
from slack_logging.local.http.wire import read_body
from slack_logging.local.page import gauges
from slack_logging.local.page.feed import RELOAD, Feed
from slack_logging.local.state import emoji, views
from slack_logging.local.state.apps import Apps
from slack_logging.local.state.composer import retype
from slack_logging.local.state.conversation import Channel, Message
from slack_logging.local.state.model import User
from slack_logging.local.state.teams import TEAM_ID, TEAM_NAME
from slack_logging.local.state.workspace import Workspace

if TYPE_CHECKING:
    from slack_logging.local.slack import LocalSlack

#: Messages of one channel, replies included, that a page gets when it opens: more than anybody scrolls back.
MESSAGES_SHOWN = 500

_STATIC = Path(__file__).parent / "static"
# Not from `mimetypes`: on some machines that knows scripts as text/plain, which browsers then refuse to run.
_STATIC_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# Pictures that cannot carry script; every other file is shown as plain text.
_IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    # The next workspace on this port may be another version's.
    "Cache-Control": "no-store",
}
# What the page asks for, by field, and of what type.
_SAY = {"channel": str, "user": str, "text": str, "thread_ts": str | None}
_REACT = {"channel": str, "ts": str, "name": str, "user": str, "remove": bool | None}
_EDIT = {"channel": str, "ts": str, "text": str, "user": str}
_DELETE = {"channel": str, "ts": str, "user": str}
_CLICK = {"channel": str, "ts": str, "block_id": str | None, "action_id": str, "user": str}

#: Subtypes of what a person wrote: what Slack itself says of him, that he joined for instance, is not his to change.
#: As in store.js.
_WRITTEN = (None, "thread_broadcast", "file_share", "me_message")


def add_routes(app: web.Application, slack: LocalSlack, *, apps: Apps) -> None:
    """Serve the page at ``/``, its files below ``/static/`` and its data below ``/page/``.

    Args:
        app: not yet running; on its shutdown the pages' event streams end.
        slack: what is shown, and does what is typed and clicked.
        apps: whose connections are shown.
    """
    page = _Page(slack, apps)
    app.on_shutdown.append(page.close)
    app.router.add_get("/", page.index)
    app.router.add_get("/static/{name}", page.static)
    app.router.add_get("/page/state", page.state)
    app.router.add_get("/page/events", page.events)
    app.router.add_get("/page/files/{id}", page.file)
    app.router.add_post("/page/say", page.say)
    app.router.add_get("/page/source/{channel}/{ts}", page.source)
    app.router.add_post("/page/edit", page.edit)
    app.router.add_post("/page/delete", page.delete)
    app.router.add_post("/page/react", page.react)
    app.router.add_post("/page/click", page.click)
    app.router.add_get("/page/wire", page.wire)
    app.router.add_post("/page/fault", page.fault)
    app.router.add_post("/page/clear-faults", page.clear_faults)


def state(workspace: Workspace) -> dict[str, Any]:
    """Return all that the page draws.

    Returns:
        `team`; `users`, `channels` and `groups`: lists of objects with `id` and what is shown of each; `emoji`: Slack's
        name to Unicode; `messages`: channel id to Slack's message objects, oldest first, replies among them, the newest
        `MESSAGES_SHOWN`; `limit`: that number; `methods`: what a fault can be planned for;
        `faults`: the kinds, and what the value of each is in writing.
    """
    with workspace.lock:
        return {
            "team": {"id": TEAM_ID, "name": TEAM_NAME},
            "users": [_user(user) for user in workspace.users.values()],
            "channels": [_channel(workspace, channel) for channel in workspace.channels.values()],
            "groups": [{"id": group.id, "handle": group.handle} for group in workspace.groups.values()],
            "emoji": _glyphs(),
            "messages": {channel.id: _messages(channel) for channel in workspace.channels.values()},
            "limit": MESSAGES_SHOWN,
            "methods": [*sorted(METHODS), *OTHER_TARGETS],
            "faults": {kind: row.value for kind, row in KINDS.items()},
        }


class _Page:
    """The handlers of one server's page."""

    def __init__(self, slack: LocalSlack, apps: Apps) -> None:
        self._slack = slack
        self._workspace = slack.workspace
        self._apps = apps
        self._feeds: set[Feed] = set()

    async def close(self, _app: web.Application) -> None:
        """End all event streams; the server waits for its handlers."""
        for feed in self._feeds:
            feed.close()

    async def index(self, _request: web.Request) -> web.StreamResponse:
        return _static_file("index.html")

    async def static(self, request: web.Request) -> web.StreamResponse:
        return _static_file(request.match_info["name"])

    async def state(self, _request: web.Request) -> web.Response:
        return web.json_response(state(self._workspace), headers=_HEADERS)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream events; ``reload`` at the start and after a loss tells the page to fetch the state.

        The feed is subscribed before that first ``reload``: no event can fall between it and the state.
        """
        response = web.StreamResponse(headers=_HEADERS | {"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        feed = Feed()
        self._feeds.add(feed)
        unsubscribe = self._workspace.subscribe(feed.push)
        try:
            await response.write(RELOAD)
            while (frame := await feed.next()) is not None:
                await response.write(frame)
        except ConnectionError:
            pass  # the page was closed
        finally:
            unsubscribe()
            self._feeds.discard(feed)
        return response

    async def file(self, request: web.Request) -> web.Response:
        """Serve a file to the page, where no bearer token is at hand; never as something a browser would run."""
        with self._workspace.lock:
            stored = self._workspace.files.get(request.match_info["id"])
        if stored is None or stored.content is None or not stored.is_complete:
            raise _refusal(web.HTTPNotFound, "there is no such file")
        guessed = mimetypes.guess_type(stored.name)[0]
        kind = guessed if guessed in _IMAGE_TYPES else "text/plain; charset=utf-8"
        disposition = f"attachment; filename*=UTF-8''{quote(stored.name, safe='', errors='replace')}"
        headers = _HEADERS | {"Content-Type": kind, "Content-Disposition": disposition}
        return web.Response(body=stored.content, headers=headers)

    async def say(self, request: web.Request) -> web.Response:
        """Post what was typed, or bring it to the app whose slash command it is. Slack takes none in threads."""
        asked = await self._read(request, _SAY)
        channel, text, user, thread_ts = asked["channel"], asked["text"], asked["user"], asked["thread_ts"]
        with _slack_errors():
            if text.startswith("/") and thread_ts is None:
                self._slack.command(channel, text, user=user)
                return web.json_response({}, headers=_HEADERS)
            ts = self._slack.say(channel, text, user=user, thread_ts=thread_ts)
        return web.json_response({"ts": ts}, headers=_HEADERS)

    async def source(self, request: web.Request) -> web.Response:
        """Return what is typed for a message, to be edited; what was stored without blocks is edited as it is."""
        with _slack_errors(), self._workspace.lock:
            fields = self._find(request.match_info["channel"], request.match_info["ts"])[1].fields
            text = fields.get("text", "")
            if "blocks" in fields:
                text = retype(text, fields["blocks"], self._workspace)
        return web.json_response({"text": text}, headers=_HEADERS)

    async def edit(self, request: web.Request) -> web.Response:
        asked = await self._read(request, _EDIT)
        with _slack_errors(), self._workspace.lock:
            self._check_own(asked, "cant_update_message")
            if not asked["text"].strip():
                raise ApiError("no_text")
            self._slack.edit(asked["channel"], asked["ts"], asked["text"], user=asked["user"])
        return web.json_response({}, headers=_HEADERS)

    async def delete(self, request: web.Request) -> web.Response:
        asked = await self._read(request, _DELETE)
        with _slack_errors(), self._workspace.lock:
            self._check_own(asked, "cant_delete_message")
            self._slack.delete(asked["channel"], asked["ts"])
        return web.json_response({}, headers=_HEADERS)

    async def react(self, request: web.Request) -> web.Response:
        asked = await self._read(request, _REACT)
        act = self._slack.unreact if asked["remove"] else self._slack.react
        with _slack_errors():
            act(asked["channel"], asked["ts"], asked["name"], user=asked["user"])
        return web.json_response({}, headers=_HEADERS)

    async def click(self, request: web.Request) -> web.Response:
        asked = await self._read(request, _CLICK)
        place = {"block_id": asked["block_id"], "user": asked["user"]}
        with _slack_errors():
            self._slack.click(asked["channel"], asked["ts"], asked["action_id"], **place)
        return web.json_response({}, headers=_HEADERS)

    async def wire(self, _request: web.Request) -> web.Response:
        shown = gauges.readings(self._slack, list(self._apps.installed.values()))
        return web.json_response(shown, headers=_HEADERS)

    async def fault(self, request: web.Request) -> web.Response:
        asked = await self._read_fields(request, {"spec": str})
        try:
            method, fault = parse_fault(asked["spec"])
        except ValueError as error:
            raise _refusal(web.HTTPBadRequest, str(error)) from None
        self._slack.fault(method, fault)
        return web.json_response({}, headers=_HEADERS)

    async def clear_faults(self, request: web.Request) -> web.Response:
        await self._read_fields(request, {})
        self._slack.clear_faults()
        return web.json_response({}, headers=_HEADERS)

    def _find(self, channel: str, ts: str) -> tuple[Channel, Message]:
        place = self._workspace.channel(channel)
        message = place.get(ts)
        if message is None:
            raise ApiError("message_not_found")
        return place, message

    def _check_own(self, asked: Mapping[str, Any], refusal: str) -> None:
        """Make sure that a message is of who asks to change it, and that he still sees it."""
        place, message = self._find(asked["channel"], asked["ts"])
        if place.is_private and asked["user"] not in place.members:
            raise ApiError("message_not_found")
        if message.fields.get("user") != asked["user"] or message.fields.get("subtype") not in _WRITTEN:
            raise ApiError(refusal)

    async def _read(self, request: web.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a person at the page asks for, and make sure that it is a person of this workspace."""
        asked = await self._read_fields(request, fields)
        user = self._workspace.users.get(asked["user"])
        if user is None or user.bot_id or user.is_deactivated:
            raise _refusal(web.HTTPBadRequest, f"{asked['user']!r} cannot act here; choose a person of the list")
        return asked

    async def _read_fields(self, request: web.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the `fields` of the body, None for what may be left out.

        A form of another site cannot send JSON, and its scripts cannot without our consent, which is never given: this
        holds for old browsers too, which do not say whose page it is.
        """
        if request.content_type != "application/json":
            raise _refusal(web.HTTPUnsupportedMediaType, f"expected application/json, got {request.content_type}")
        try:
            body = read_json(await read_body(request))
        except ValueError:
            raise _refusal(web.HTTPBadRequest, "the body is not JSON") from None
        if not isinstance(body, dict):
            raise _refusal(web.HTTPBadRequest, f"expected a JSON object, got {type(body).__name__}")
        asked: dict[str, Any] = {name: body.get(name) for name in fields}
        wrong = [name for name, kind in fields.items() if not isinstance(asked[name], kind)]
        if wrong:
            raise _refusal(web.HTTPBadRequest, f"missing or of the wrong type: {', '.join(wrong)}")
        return asked


def _static_file(name: str) -> web.StreamResponse:
    """Serve one of the page's own files; anything else, ways out of the directory among it, is not found."""
    if name not in {path.name for path in _STATIC.iterdir()}:
        raise _refusal(web.HTTPNotFound, "there is no such file")
    kind = _STATIC_TYPES[Path(name).suffix]
    return web.FileResponse(_STATIC / name, headers=_HEADERS | {"Content-Type": f"{kind}; charset=utf-8"})


@contextlib.contextmanager
def _slack_errors() -> Iterator[None]:
    """Answer what the workspace refuses; a reaction that is already as wished is no error to a person."""
    try:
        yield
    except ApiError as error:
        if error.code not in ("already_reacted", "no_reaction"):
            raise _refusal(web.HTTPBadRequest, error.code) from None
    except (LookupError, PermissionError, ValueError) as error:
        raise _refusal(web.HTTPBadRequest, str(error)) from None


def _refusal(kind: type[web.HTTPException], problem: str) -> web.HTTPException:
    return kind(text=json.dumps({"error": problem}), content_type="application/json", headers=_HEADERS)


def _user(user: User) -> dict[str, Any]:
    notes = {
        "admin": user.is_admin,
        "guest": user.is_restricted or user.is_ultra_restricted,
        "external": user.team_id != TEAM_ID,
    }
    return {
        "id": user.id,
        "name": user.name,
        "is_bot": user.bot_id is not None,
        "bot_id": user.bot_id,
        "deleted": user.is_deactivated,
        "note": ", ".join(note for note, holds in notes.items() if holds),
    }


def _channel(workspace: Workspace, channel: Channel) -> dict[str, Any]:
    """Describe a channel; a DM is shown under the other person's name."""
    is_direct = channel.kind == "im"
    name = workspace.users[channel.name].name if is_direct and channel.name in workspace.users else channel.name
    return {
        "id": channel.id,
        "name": name,
        "is_direct": is_direct,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "members": channel.members,
    }


def _messages(channel: Channel) -> list[dict[str, Any]]:
    """Return the newest messages with their threads and what only some see, never more than a page gets."""
    tombstones = [message for message in channel.messages() if message.fields.get("subtype") == "tombstone"]
    parents = sorted([*channel.timeline(), *tombstones], key=lambda message: message.ts)
    chosen = {shown["ts"]: shown for shown in list(channel.ephemerals)[-MESSAGES_SHOWN // 10 :]}
    for parent in reversed(parents[-MESSAGES_SHOWN:]):
        replies = [] if parent.parent_ts else list(channel.thread(parent))[1:]
        for message in [parent, *reversed(replies)][: MESSAGES_SHOWN - len(chosen)]:
            chosen[message.ts] = views.message(channel, message, full=True, metadata=False)
    return [chosen[ts] for ts in sorted(chosen)]


@functools.cache
def _glyphs() -> dict[str, str]:
    """Return Slack's names of all emoji with their Unicode."""
    glyphs = {
        name: "".join(chr(int(point, 16)) for point in points.split("-")) for name, points in emoji.CODE_POINTS.items()
    }
    return glyphs | {alias: glyphs[name] for alias, name in emoji.ALIASES.items()}
