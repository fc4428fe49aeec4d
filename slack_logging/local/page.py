"""The web page of the local Slack: its files, what it draws, the events that keep it current, what people do on it.

Nothing that anybody wrote is ever put into HTML: the page is a static file, and its scripts make text nodes of the JSON
they fetch. Who can reach `/page/...` can act as any person here, so other sites' scripts and forms are refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import mimetypes
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web

from slack_logging.local import emoji, views
from slack_logging.local.conversation import Channel
from slack_logging.local.errors import ApiError
from slack_logging.local.model import User
from slack_logging.local.people import People
from slack_logging.local.teams import TEAM_ID, TEAM_NAME
from slack_logging.local.workspace import Event, Workspace

#: Messages of one channel, replies included, that a page gets when it opens: more than anybody scrolls back.
MESSAGES_SHOWN = 500

#: Events that wait for one page; a page that is further behind fetches the whole state again.
EVENTS_WAITING = 1000

#: Seconds after which a silent stream says something, so that a page that went away is noticed and let go.
HEARTBEAT = 15.0

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

_RELOAD = b"event: reload\ndata:\n\n"
_ALIVE = b": alive\n\n"


def add_routes(app: web.Application, workspace: Workspace, people: People) -> None:
    """Serve the page at ``/``, its files below ``/static/`` and its data below ``/page/``.

    Args:
        app: not yet running; on its shutdown the pages' event streams end.
        workspace: what is shown.
        people: does what is typed and clicked.
    """
    page = _Page(workspace, people)
    app.on_shutdown.append(page.close)
    app.router.add_get("/", page.index)
    app.router.add_get("/static/{name}", page.static)
    app.router.add_get("/page/state", page.state)
    app.router.add_get("/page/events", page.events)
    app.router.add_get("/page/files/{id}", page.file)
    app.router.add_post("/page/say", page.say)
    app.router.add_post("/page/react", page.react)


def state(workspace: Workspace) -> dict[str, Any]:
    """Return all that the page draws.

    Returns:
        `team`; `users`, `channels` and `groups`: lists of objects with `id` and what is shown of each; `emoji`: Slack's
        name to Unicode; `messages`: channel id to Slack's message objects, oldest first, replies among them, the newest
        `MESSAGES_SHOWN`; `limit`: that number.
    """
    with workspace.lock:
        return {
            "team": {"id": TEAM_ID, "name": TEAM_NAME},
            "users": [_user(user) for user in workspace.users.values()],
            "channels": [_channel(workspace, channel) for channel in workspace.channels.values()],
            "groups": [{"id": group.id, "handle": group.handle} for group in workspace.groups.values()],
            "emoji": {name: _unicode(name) for name in (*emoji.CODE_POINTS, *emoji.ALIASES)},
            "messages": {channel.id: _messages(channel) for channel in workspace.channels.values()},
            "limit": MESSAGES_SHOWN,
        }


class _Page:
    """The handlers of one server's page."""

    def __init__(self, workspace: Workspace, people: People) -> None:
        self._workspace = workspace
        self._people = people
        self._feeds: set[_Feed] = set()

    async def close(self, _app: web.Application) -> None:
        """End all event streams; the server waits for its handlers."""
        for feed in self._feeds:
            feed.close()

    async def index(self, _request: web.Request) -> web.StreamResponse:
        return _static_file("index.html")

    async def static(self, request: web.Request) -> web.StreamResponse:
        return _static_file(request.match_info["name"])

    async def state(self, request: web.Request) -> web.Response:
        _refuse_other_sites(request)
        return web.json_response(state(self._workspace), headers=_HEADERS)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream events; ``reload`` at the start and after a loss tells the page to fetch the state.

        The feed is subscribed before that first ``reload``: no event can fall between it and the state.
        """
        _refuse_other_sites(request)
        response = web.StreamResponse(headers=_HEADERS | {"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        feed = _Feed()
        self._feeds.add(feed)
        unsubscribe = self._workspace.subscribe(feed.push)
        try:
            await response.write(_RELOAD)
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
        _refuse_other_sites(request)
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
        asked = await self._read(request, _SAY)
        with _slack_errors():
            ts = self._people.say(asked["channel"], asked["text"], user=asked["user"], thread_ts=asked["thread_ts"])
        return web.json_response({"ts": ts}, headers=_HEADERS)

    async def react(self, request: web.Request) -> web.Response:
        asked = await self._read(request, _REACT)
        act = self._people.unreact if asked["remove"] else self._people.react
        with _slack_errors():
            act(asked["channel"], asked["ts"], asked["name"], user=asked["user"])
        return web.json_response({}, headers=_HEADERS)

    async def _read(self, request: web.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a person at the page asks for: the `fields` of the body, None for what may be left out.

        A form of another site cannot send JSON, and its scripts cannot without our consent, which is never given.
        """
        _refuse_other_sites(request)
        if request.content_type != "application/json":
            raise _refusal(web.HTTPUnsupportedMediaType, f"expected application/json, got {request.content_type}")
        try:
            body = json.loads(await request.read())
        except (ValueError, RecursionError):
            raise _refusal(web.HTTPBadRequest, "the body is not JSON") from None
        if not isinstance(body, dict):
            raise _refusal(web.HTTPBadRequest, f"expected a JSON object, got {type(body).__name__}")
        asked: dict[str, Any] = {name: body.get(name) for name in fields}
        wrong = [name for name, kind in fields.items() if not isinstance(asked[name], kind)]
        if wrong:
            raise _refusal(web.HTTPBadRequest, f"missing or of the wrong type: {', '.join(wrong)}")
        user = self._workspace.users.get(asked["user"])
        if user is None or user.bot_id or user.is_deactivated:
            raise _refusal(web.HTTPBadRequest, f"{asked['user']!r} cannot act here; choose a person of the list")
        return asked


class _Feed:
    """Events on their way to one page: pushed by any thread, taken by the event loop in which the feed was made.

    A page that falls too far behind loses what waits and is told to reload instead.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue()

    def push(self, event: Event) -> None:
        frame = b"data: " + json.dumps(event).encode() + b"\n\n"
        # The loop may be closed while another thread still changes the workspace: nobody is looking then.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._put, frame)

    def close(self) -> None:
        """End the stream at once. Called in the loop."""
        self._empty()
        self._frames.put_nowait(None)

    async def next(self) -> bytes | None:
        """Return the next frame to send, or None at the end."""
        try:
            return await asyncio.wait_for(self._frames.get(), HEARTBEAT)
        except asyncio.TimeoutError:
            return _ALIVE

    def _put(self, frame: bytes) -> None:
        if self._frames.qsize() >= EVENTS_WAITING:
            self._empty()
            frame = _RELOAD
        self._frames.put_nowait(frame)

    def _empty(self) -> None:
        while not self._frames.empty():
            self._frames.get_nowait()


def _static_file(name: str) -> web.StreamResponse:
    """Serve one of the page's own files; anything else, ways out of the directory among it, is not found."""
    if name not in {path.name for path in _STATIC.iterdir()}:
        raise _refusal(web.HTTPNotFound, "there is no such file")
    kind = _STATIC_TYPES[Path(name).suffix]
    return web.FileResponse(_STATIC / name, headers=_HEADERS | {"Content-Type": f"{kind}; charset=utf-8"})


def _refuse_other_sites(request: web.Request) -> None:
    """Let in the page itself, and programs that are no browsers; not what another site makes a browser send.

    `Sec-Fetch-Site` and `Origin` are set by browsers and out of a script's reach. That the Host is loopback, no foreign
    name made to point here, the server has seen to.
    """
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "none")
    if origin not in (None, f"http://{request.host}") or site not in ("same-origin", "none"):
        raise _refusal(web.HTTPForbidden, "refused: asked for by another site")


@contextlib.contextmanager
def _slack_errors() -> Iterator[None]:
    """Answer what the workspace refuses; a reaction that is already as wished is no error to a person."""
    try:
        yield
    except ApiError as error:
        if error.code not in ("already_reacted", "no_reaction"):
            raise _refusal(web.HTTPBadRequest, error.code) from None
    except LookupError as error:
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
    }


def _messages(channel: Channel) -> list[dict[str, Any]]:
    """Return the newest messages with their threads, never more than a page gets."""
    chosen: dict[str, dict[str, Any]] = {}
    for parent in reversed(channel.timeline()[-MESSAGES_SHOWN:]):
        replies = [] if parent.parent_ts else list(channel.thread(parent))[1:]
        for message in [parent, *reversed(replies)][: MESSAGES_SHOWN - len(chosen)]:
            chosen[message.ts] = views.message(channel, message, full=True, metadata=False)
    return [chosen[ts] for ts in sorted(chosen)]


def _unicode(name: str) -> str:
    points = emoji.CODE_POINTS[emoji.ALIASES.get(name, name)]
    return "".join(chr(int(point, 16)) for point in points.split("-"))
