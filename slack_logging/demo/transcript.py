"""The channels of a local Slack as they are told in a terminal, as it happens.

Events come from the Slack's own threads; they are told by one thread, whoever calls `show`.
"""

from __future__ import annotations

import queue
import re
import time
from collections.abc import Mapping
from typing import Any

from slack_logging.demo.terminal import Entry, Terminal, pictured
from slack_logging.local import LocalSlack, visible_text

#: Characters of a message that a reply or a reaction repeats, to show what it belongs to.
_QUOTED = 40

#: Messages that people wrote or an app posted; the others tell of members and settings.
_SUBTYPES = (None, "bot_message", "file_share", "thread_broadcast")


class Transcript:
    """What happens in a Slack from now on.

    Args:
        slack: the Slack.
        terminal: where it is shown.
    """

    def __init__(self, slack: LocalSlack, terminal: Terminal) -> None:
        self._slack = slack
        self._terminal = terminal
        self._queue: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._quotes: dict[tuple[str, str], str] = {}
        self._unsubscribe = slack.workspace.subscribe(self._queue.put)

    def end(self) -> None:
        """Let `show` return once it has shown what happened up to now. From any thread."""
        self._unsubscribe()
        self._queue.put(None)

    def show(self) -> None:
        """Show what happens, until `end`. Blocks; raises what the terminal raises."""
        while True:
            try:
                event = self._queue.get(timeout=1.0)  # Windows heeds Ctrl-C only between two waits
            except queue.Empty:
                continue
            if event is None:
                return
            if (entry := self._entry(event)) is not None:
                self._terminal.show(entry)

    def _entry(self, event: Mapping[str, Any]) -> Entry | None:
        """Return what is to be told of an event, if anything."""
        if event["type"] == "message":
            return self._of_message(event)
        if event["type"] in ("reaction_added", "reaction_removed"):
            sign = "" if event["type"] == "reaction_added" else "no longer "
            item = event["item"]
            text = f"{sign}:{event['reaction']}: on: {self._quotes.get((item['channel'], item['ts']), '...')}"
            return self._told(event["event_ts"], item["channel"], event["user"], text)
        return None

    def _of_message(self, event: Mapping[str, Any]) -> Entry | None:
        """Cases: posted; edited, which may also be a change that nobody sees; deleted; all else is not told."""
        subtype, channel, ts = event.get("subtype"), event["channel"], event["ts"]
        if subtype in _SUBTYPES:
            text = self._text(event)
            self._quotes[channel, ts] = _quote(text)
            parent = event.get("thread_ts", ts)
            if parent != ts:
                text = f"\u21b3 {self._quotes.get((channel, parent), '...')}\n{text}"
            return self._told(ts, channel, event.get("user"), text)
        before = event.get("previous_message", {})
        if subtype == "message_changed" and (text := self._text(event["message"])) != self._text(before):
            self._quotes[channel, event["message"]["ts"]] = _quote(text)
            return self._told(ts, channel, event["message"].get("user"), _news(text, self._text(before)))
        if subtype == "message_deleted":
            return self._told(ts, channel, before.get("user"), f"(deleted) {_quote(self._text(before))}")
        return None

    def _told(self, ts: str, channel: str, user: str | None, text: str) -> Entry:
        users, channels = self._slack.workspace.users, self._slack.workspace.channels
        author = users.get(user or "")
        return Entry(
            moment=time.strftime("%H:%M:%S", time.localtime(float(ts))),
            channel=f"#{channels[channel].name}",
            author=author.name if author else "webhook",
            by_person=author is not None and not author.bot_id,
            text=text,
        )

    def _text(self, message: Mapping[str, Any]) -> str:
        """Return what a person reads, without the small print below it, with people's names."""
        blocks = [block for block in message.get("blocks", ()) if block["type"] != "context"]
        text = visible_text({**message, "blocks": blocks})
        text += "".join(f"\n[file: {file['name']}]" for file in message.get("files", ()))
        users = self._slack.workspace.users
        return re.sub(r"@(\w+)", lambda match: f"@{users[match[1]].name}" if match[1] in users else match[0], text)


def _news(text: str, before: str) -> str:
    """Return the first line of an edited text, and those that are new; say where others are left out."""
    first, *rest = text.split("\n")
    known = set(before.split("\n"))
    new = [line for line in rest if line not in known]
    kind = "edited" if new in ([], rest) else "edited, new lines only"
    return "\n".join([f"({kind}) {first}", *new])


def _quote(text: str) -> str:
    first = pictured(text.partition("\n")[0])
    return first if len(first) <= _QUOTED else first[:_QUOTED] + "..."
