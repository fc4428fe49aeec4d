"""What Slack shows of incidents: one with its traceback, or many as a line each. Pure.

The text is all `rich_text`, as in `view`, and stays so from edit to edit: Slack refuses to change that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from slack_logging.passive.messages.medium import SLACK, Medium
from slack_logging.passive.messages.view import (
    MAX_HEAD,
    Line,
    head,
    inline,
    mention_element,
    mention_text,
    message,
    notification,
    preformatted,
    section_of,
    small_print,
    time_of,
)
from slack_logging.passive.sending.incident import Board, Incident
from slack_logging.slack.literal import last_part, one_line, shorten, units

#: Units kept free for counts, times, instances and what is said of muting, which grow.
_COUNTER = 400

#: Units of the name of who muted an error.
_MAX_NAME = 50

#: Units of an exception's gist, which stands above its traceback.
_GIST = 1_000


def arguments(
    board: Board, *, service: str, mention: str = "", thread: str = "", medium: Medium = SLACK
) -> dict[str, Any]:
    """Return what chat.postMessage, and chat.update after it, are given.

    Args:
        board: the message.
        service: shown below it.
        mention: whom to notify when it is posted: a user's or group's id, ``here`` or ``channel``; may be empty.
        thread: the `ts` of the message that it answers; empty for the channel, and when it is edited.
        medium: where it goes.
    """
    elements = _storm(board, medium) if board.is_storm else _single(board, board.incidents[0], medium)
    worst = notification([(incident.line, incident.count) for incident in board.incidents])
    if mention and board.mentions and board.ts is None:
        elements.append(section_of([mention_element(mention)]))
        worst = f"{mention_text(mention)} {worst}"
    blocks = [{"type": "rich_text", "elements": elements}, small_print(service)]
    return message(worst, blocks, thread=thread)


def full_texts(board: Board, news: Iterable[Incident]) -> str:
    """Return what the message has no room for: the texts of the incidents that it does not tell whole.

    Args:
        board: the message.
        news: the incidents that it shows for the first time.
    """
    lines = [incident.line for incident in news if not (board.is_storm and incident.line.is_headline)]
    return "\n".join(line.text() for line in lines if board.is_storm or not _fits(line, SLACK))


def shorten_lines(board: Board, news: Iterable[Incident], medium: Medium) -> None:
    """Let go what no edit of the message needs: all that it does not show of the incidents.

    Args:
        board: a message that is in Slack.
        news: the incidents that it shows for the first time; what it has no room for is in a file, or lost.
        medium: where it went; its edits show the same.
    """
    for incident in news:
        line = incident.line
        if board.is_storm:
            rest = "" if line.is_headline else "..."
            gist = shorten(line.gist.partition("\n")[0], MAX_HEAD)
            incident.line = replace(line, summary=shorten(line.summary, MAX_HEAD), detail=rest, gist=gist)
        elif not _fits(line, medium):
            incident.line = _excerpt(line, medium)


def announcement(incident: Incident, *, thread: str) -> dict[str, Any]:
    """Return the reply that tells the channel once more of an incident that goes on."""
    said = [inline(f"x{incident.told:,} so far: ", bold=True), inline(shorten(incident.line.summary, MAX_HEAD))]
    blocks = [{"type": "rich_text", "elements": [section_of([*said, inline("\n")])]}]
    given = message(notification([(incident.line, incident.told)]), blocks, thread=thread)
    return given | {"reply_broadcast": True}


def _single(board: Board, incident: Incident, medium: Medium) -> list[dict[str, Any]]:
    line = incident.line
    shown = line if _fits(line, medium) else _excerpt(line, medium)
    elements = [section_of(head(shown, 1))]
    detail = "\n\n".join(part for part in (shown.gist if shown.gist not in shown.detail else "", shown.detail) if part)
    if detail:
        elements.append(preformatted(detail))
    if incident.count > 1 or (board.is_quiet and board.falls_quiet):
        elements.append(section_of(counter(board, incident)))
    if about := muting(board):
        elements.append(section_of(about))
    return elements


def _storm(board: Board, medium: Medium) -> list[dict[str, Any]]:
    number = len(board.incidents)
    told = "1 kind of error" if number == 1 else f"{number:,} kinds of errors, a line each"
    parts = [inline(told, bold=True), inline("\n")]
    for incident in board.incidents:
        parts += head(incident.line, incident.count, is_short=True)
    if not medium.has_files and not all(incident.line.is_headline for incident in board.incidents):
        parts.append(inline("what has more than its line here is not shown\n"))
    if board.is_quiet and board.falls_quiet:
        parts += [inline(f"quiet; {sum(each.count for each in board.incidents):,} in all"), inline("\n")]
    return [section_of(parts + muting(board))]


def counter(board: Board, incident: Incident) -> list[dict[str, Any]]:
    """Return the inline elements that tell how often an incident came, and when and where last."""
    count = f"{incident.count:,}"
    start = f"quiet; {count} in all, last " if board.is_quiet and board.falls_quiet else f"x {count}, last "
    clock = datetime.fromtimestamp(incident.last, timezone.utc).strftime("%H:%M:%S UTC")
    where = f", {incident.where}" if incident.where else ""
    return [inline(start, bold=True), time_of(incident.last, clock), inline(f"{where}\n")]


def muting(board: Board) -> list[dict[str, Any]]:
    """Return what is said of muting: until when and by whom, and in the end what that left out; nothing without it."""
    mutes = [incident.mute for incident in board.incidents if incident.mute]
    left_out = sum(incident.left_out for incident in board.incidents)
    if not mutes:
        return [inline(f"{left_out:,} more came while it was muted\n")] if left_out else []
    last = max(mutes, key=lambda mute: mute.ends)
    some = f"{len(mutes):,} of them are " if len(mutes) < len(board.incidents) else ""
    clock = datetime.fromtimestamp(last.ends, timezone.utc).strftime("%H:%M UTC")
    by = f" by {shorten(one_line(last.by), _MAX_NAME)}" if last.by else ""
    more = f"; {left_out:,} more came" if board.is_quiet and left_out else ""
    start = inline(f"{some}muted until ", bold=True)
    return [start, time_of(last.ends, clock, form="{time}"), inline(f"{by}{more}\n")]


def _fits(line: Line, medium: Medium) -> bool:
    return line.units + units(line.gist) + _COUNTER <= medium.room


def _excerpt(line: Line, medium: Medium) -> Line:
    """Return the line cut to what a message holds; the end of a traceback says what happened."""
    most = min(_GIST, medium.room // 4)
    said, newline, where = line.gist.partition("\n")
    gist = shorten(said, most - len(newline) - units(where)) + newline + where
    rest = medium.room - _COUNTER - most - line.head_units - 200
    where = "the file in the thread has more" if medium.has_files else "the rest is not shown here"
    note = f"... (cut: {where})\n"
    summary = shorten(line.summary, MAX_HEAD)
    detail = line.detail if summary == line.summary else f"{line.summary}\n{line.detail}"
    return replace(line, summary=summary, detail=note + last_part(detail, rest), gist=gist)


def told(board: Board) -> Iterator[tuple[str, int]]:
    """Yield the count of each incident that the message tells now, by fingerprint."""
    for incident in board.incidents:
        yield incident.fingerprint, incident.count
