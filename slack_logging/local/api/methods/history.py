"""conversations.history and conversations.replies: pages of messages between bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slack_logging.local.api import cursors
from slack_logging.local.api.methods.request import Method, Request
from slack_logging.local.api.ratelimits import TIER_3
from slack_logging.local.errors import ApiError
from slack_logging.local.limits import HISTORY_DEFAULT, HISTORY_PAGE, REPLIES_PAGE
from slack_logging.local.state import views
from slack_logging.local.state.conversation import Channel, Message, between

_SCOPES = ("channels:history", "groups:history", "im:history")


@dataclass(frozen=True, slots=True)
class _Bounds:
    """The messages asked for, as `ts` texts; `given` are the bounds as the caller wrote them."""

    oldest: str
    latest: str
    inclusive: bool
    given: dict[str, str]


def _bounds(request: Request) -> _Bounds:
    """Read `oldest`, `latest` and `inclusive`, which means nothing without one of the two."""
    given = {name: request.arguments.text(name) for name in ("latest", "oldest") if request.arguments.text(name)}
    return _Bounds(
        oldest=cursors.bound(given.get("oldest", "0"), malformed="invalid_ts_oldest"),
        latest=cursors.bound(given.get("latest", cursors.LAST_TS), malformed="invalid_ts_latest"),
        inclusive=request.arguments.flag("inclusive") and bool(given),
        given=given,
    )


def _limit(request: Request, *, default: int, most: int) -> int:
    """Read `limit`; what is out of range is adjusted without a word. Source: Pagination."""
    limit = request.arguments.number("limit", default)
    return min(limit, most) if limit > 0 else default


def _readable(request: Request) -> Channel:
    channel = request.channel()
    request.need_for(channel, "history")
    if not request.is_member(channel):
        raise ApiError("not_in_channel")
    return channel


def _history(request: Request) -> dict[str, Any]:
    channel = _readable(request)
    bounds = _bounds(request)
    limit = _limit(request, default=HISTORY_DEFAULT, most=HISTORY_PAGE)
    from_old_end = request.reading.from_oldest and "oldest" in bounds.given and "latest" not in bounds.given
    timeline = channel.timeline_ts
    wanted = between(timeline, bounds.oldest, bounds.latest, inclusive=bounds.inclusive)
    wanted = _common(wanted, _seen(request, timeline))
    listing, now = f"{request.method} {channel.id}", request.workspace.clock.time()
    cursor = request.arguments.text("cursor")
    if cursor:
        direction, _, last = cursors.decode_cursor(listing, cursor, now).partition(" ")
        from_old_end = direction == "up"
        low, high = (last, cursors.LAST_TS) if from_old_end else (cursors.FIRST_TS, last)
        wanted = _common(wanted, between(timeline, low, high, inclusive=False))
    places = wanted[:limit] if from_old_end else wanted[-limit:]
    page = [timeline[place] for place in places]
    more = len(page) < len(wanted)
    messages = _shown(request, channel, reversed(page))
    answer: dict[str, Any] = {"messages": messages, "has_more": more, "pin_count": len(channel.pins)}
    if more:
        position = f"up {page[-1]}" if from_old_end else f"down {page[0]}"
        answer["response_metadata"] = {"next_cursor": cursors.encode_cursor(listing, position, now)}
    return answer | bounds.given


def _replies(request: Request) -> dict[str, Any]:
    """Return a thread, oldest first; each page begins with the parent, which no bound leaves out.

    Slack does not say whether the parent is repeated; here it is, so that clients must tell messages by their `ts`.
    """
    channel = _readable(request)
    ts = request.arguments.required("ts")
    message = channel.get(ts)
    parent = channel.get(message.parent_ts) if message and message.parent_ts else message
    if parent is None or not parent.is_threadable or not _seen(request, [ts]):
        raise ApiError("thread_not_found")
    bounds = _bounds(request)
    limit = _limit(request, default=REPLIES_PAGE, most=REPLIES_PAGE)
    wanted = between(parent.reply_ts, bounds.oldest, bounds.latest, inclusive=bounds.inclusive)
    wanted = _common(wanted, _seen(request, parent.reply_ts))
    listing, now = f"{request.method} {channel.id} {parent.ts}", request.workspace.clock.time()
    cursor = request.arguments.text("cursor")
    if cursor:
        last = cursors.decode_cursor(listing, cursor, now)
        wanted = _common(wanted, between(parent.reply_ts, last, cursors.LAST_TS, inclusive=False))
    page = [parent.reply_ts[place] for place in wanted[: max(limit - 1, 1)]]
    more = len(page) < len(wanted)
    answer: dict[str, Any] = {"messages": _shown(request, channel, [parent.ts, *page]), "has_more": more}
    if more:
        answer["response_metadata"] = {"next_cursor": cursors.encode_cursor(listing, page[-1], now)}
    return answer


def _common(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


def _shown(request: Request, channel: Channel, timestamps: Iterable[str]) -> list[dict[str, Any]]:
    with_payload = request.arguments.flag("include_all_metadata")
    messages = (channel.get(ts) for ts in timestamps)
    return [
        views.message(channel, _as_seen(request, message), viewer=request.caller.id, metadata=with_payload)
        for message in messages
        if message is not None
    ]


def _seen(request: Request, timestamps: Sequence[str]) -> range:
    """Return the places in a sorted list of `ts` that the reader, who may be behind, sees."""
    if not request.reading.behind:
        return range(len(timestamps))
    newest = f"{max(request.workspace.clock.time() - request.reading.behind, 0):017.6f}"
    return between(timestamps, cursors.FIRST_TS, newest, inclusive=True)


def _as_seen(request: Request, message: Message) -> Message:
    """Return a message as a reader who is behind sees it: he counts only the replies that he sees."""
    seen = len(_seen(request, message.reply_ts))
    if seen == len(message.reply_ts):
        return message
    return replace(message, reply_ts=message.reply_ts[:seen], was_threaded=seen > 0)


METHODS = (
    Method("conversations.history", _history, TIER_3, scopes=_SCOPES),
    Method("conversations.replies", _replies, TIER_3, scopes=_SCOPES),
)
