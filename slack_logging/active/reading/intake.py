"""Which messages of a channel are commands for us to treat. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from slack_logging import options
from slack_logging.active.emoji import Emoji, Mark, Order
from slack_logging.active.language.parsing import Call, recognise
from slack_logging.active.ledger import Key, order
from slack_logging.instance import Instance
from slack_logging.slack.text import Span, typed

if TYPE_CHECKING:
    from slack_logging.active.people.approvals import Request

#: Subtypes that people's messages have. All others are joins, edits, topics, other apps' posts and the like;
#: a `thread_broadcast` is part of a discussion. Source: message event, "Message subtypes".
_SUBTYPES = frozenset({None, "file_share"})

#: A one-time code as the last word.
_CODE = re.compile(r"(?<!\S)([0-9]{6})\s*\Z")
_LIKE_A_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")


@dataclass(frozen=True, slots=True)
class Heard:
    """A command that somebody typed.

    Attributes:
        key: of its message.
        user: who typed it: the id of a user, or of a bot that has none.
        text: all that was typed, as typed.
        call: the command in it.
        marks: ours on it. A command that has one was treated before, perhaps by a process that died over it.
        is_answered: whether we have replied to it: then it was treated before, too, and its mark came too late.
        by_app: whether an app posted it, be it with the token of a person.
        orders: what people want of it with their emoji, each with the id of who does.
        edited: the `ts` of its last edit; empty where there was none.
        asked_at: Unix time at which it was typed, wanted anew or approved.
        released_at: Unix time at which who had taken it gave it back.
        code: the one-time code that was typed as its last word, and is in neither `text` nor `call`.
        misplaced: what may be a code, and was typed elsewhere; it is in the call alone, and the command not understood.
        is_proven: its code was right, and counts no more.
        request: what people approved it by; it is this text that they approved, whatever its message says by now.
        is_secret: whether what follows the command's name may be shown to nobody.
    """

    key: Key
    user: str
    text: str = field(repr=False)
    call: Call = field(repr=False)
    marks: frozenset[Mark] = frozenset()
    is_answered: bool = False
    by_app: bool = False
    orders: tuple[tuple[Order, str], ...] = ()
    edited: str = ""
    asked_at: float = 0.0
    released_at: float = 0.0
    code: str = field(default="", repr=False)
    misplaced: frozenset[str] = field(default=frozenset(), repr=False)
    is_proven: bool = False
    request: Request | None = field(default=None, repr=False, compare=False)
    is_secret: bool = False

    @property
    def is_anew(self) -> bool:
        """Whether people approved it, or wanted it once more: what its message says since does not count."""
        return self.request is not None or self.asked_at != float(self.key.ts)

    def again(self, by: str, now: float) -> Heard:
        """Return the same as somebody else's who wants it now."""
        return replace(self, user=by, asked_at=now)

    @property
    def old_since(self) -> float:
        """Unix time from which on it gets old."""
        return max(self.asked_at, self.released_at)

    @property
    def shown(self) -> str:
        """What was typed, as logs and other people may see it."""
        return f"{self.call.lead}{self.call.plain_name} ..." if self.is_secret else self.text

    @property
    def said_at(self) -> float:
        """Unix time at which what it says was typed, or wanted anew: as of Slack, which nobody can put back."""
        return max(self.asked_at, float(self.edited or 0))

    def without_code(self) -> Heard:
        """Return the same with the one-time code at its end kept apart; if there is none, `text` shows nothing like it.

        The command is not understood then, and `text` is what the audit has of it.
        """
        if self.code or self.misplaced or self.is_proven:
            return self
        spans = list(self.call.spans)
        while len(spans) > 1 and not spans[-1].text.strip():
            del spans[-1]
        found = _CODE.search(spans[-1].text)
        if found is None or found[1] in self.text.removesuffix(found[1]):  # or twice
            misplaced = frozenset(_LIKE_A_CODE.findall(self.text))
            return replace(self, text=_LIKE_A_CODE.sub("CODE", self.text), misplaced=misplaced)
        spans[-1] = Span(spans[-1].text[: found.start()], is_code=spans[-1].is_code)
        text = self.text.removesuffix(found[1]).rstrip()
        return replace(self, text=text, call=replace(self.call, spans=tuple(spans)), code=options.Hidden(found[1]))


@dataclass(frozen=True, slots=True)
class Intake:
    """Listens to one channel for one bot.

    Attributes:
        team: our workspace.
        channel: the channel's id.
        bot_user: our bot's user id.
        bot_id: our bot's bot id.
        app_id: our app's id; empty when it is not known.
        prefix: what a command starts with.
        emoji: the names of our marks.
        instance: who we are when somebody is addressed.
        named: the ids that may run commands; bots that are not among them are not even refused.
        is_secret: tells of a command, by its name, whether what follows it may be shown to nobody.
        takes_code: tells likewise whether its last word may be a one-time code.
    """

    team: str
    channel: str
    bot_user: str
    bot_id: str
    app_id: str
    prefix: str
    emoji: Emoji
    instance: Instance
    named: frozenset[str]
    is_secret: Callable[[str], bool] = lambda _: False
    takes_code: Callable[[str], bool] = lambda _: False

    def hear(self, message: Mapping[str, Any]) -> Heard | None:
        """Return the command that a message is, or None for everything that is not ours to treat.

        That is: our own messages; other apps'; talk, threads, joins and the like; commands for somebody else.

        Args:
            message: a Message object of conversations.history.
        """
        if not self.is_typed(message):
            return None
        user = self._author(message)
        if not user:
            return None
        spans = typed(message)
        call = recognise(spans, prefix=self.prefix, bot_user=self.bot_user)
        if call is None or not call.is_for(self.instance):
            return None
        heard = Heard(
            key=self.key(message),
            user=user,
            text="".join(span.text for span in spans).strip(),
            call=call,
            is_answered=not {self.bot_user, self.bot_id}.isdisjoint(message.get("reply_users") or ()),
            by_app=_is_by_app(message),
            edited=str((message.get("edited") or {}).get("ts") or ""),
            asked_at=float(message["ts"]),
            is_secret=self.is_secret(call.name),
        )
        heard = self.refresh(heard, message)
        return heard.without_code() if self.takes_code(call.name) else heard

    def key(self, message: Mapping[str, Any]) -> Key:
        """Return what a message is known by."""
        return Key(self.team, self.channel, str(message["ts"]))

    def refresh(self, heard: Heard, message: Mapping[str, Any]) -> Heard:
        """Return a command with the emoji that its message has by now."""
        reactions = message.get("reactions") or ()
        return replace(
            heard,
            marks=frozenset(self.emoji.marks(reactions, self.bot_user)),
            orders=tuple(self.emoji.orders(reactions, besides=self.bot_user)),
        )

    def is_typed(self, message: Mapping[str, Any]) -> bool:
        """Tell whether somebody else typed it in the channel itself."""
        return not self.is_own(message) and message.get("subtype") in _SUBTYPES and not _is_reply(message)

    def is_own(self, message: Mapping[str, Any]) -> bool:
        """Tell whether we wrote it: by user, bot or app, because a webhook's posts have neither our user nor bot id."""
        profile = message.get("bot_profile")
        app_id = message.get("app_id") or (profile.get("app_id") if isinstance(profile, Mapping) else None)
        theirs = {message.get("user"), message.get("bot_id"), app_id}
        return not theirs.isdisjoint({self.bot_user, self.bot_id, self.app_id} - {""})

    def _author(self, message: Mapping[str, Any]) -> str:
        """Return who wrote it; nobody for an app's that the configuration does not name."""
        user, bot_id = str(message.get("user") or ""), str(message.get("bot_id") or "")
        if not _is_by_app(message) and user != "USLACKBOT":
            return user
        return next((id_ for id_ in (user, bot_id) if id_ in self.named), "")


def _is_by_app(message: Mapping[str, Any]) -> bool:
    """Tell what an app posted from what somebody typed, though both may have a user. Source: message event."""
    return any(message.get(field) for field in ("bot_id", "app_id", "bot_profile"))


def _is_reply(message: Mapping[str, Any]) -> bool:
    ts = str(message["ts"])
    return str(message.get("thread_ts") or ts) != ts


def by_age(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return messages oldest first, each once. Pages overlap when messages come while they are read."""
    return sorted({str(message["ts"]): message for message in messages}.values(), key=lambda each: order(each["ts"]))
