"""Asks people in Slack to approve a command, looks who did, and says in the end who it was.

The reader's thread looks, at its interval and only while something is pending; a push is no more than a look that comes
sooner. All decisions are taken when the reply was read in full; whoever brings news decides nothing. It is too late
once a look that began when time was over found too few: that Slack makes us wait takes no approval away.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from slack_logging import notices
from slack_logging.active import audit
from slack_logging.active.answering import reply
from slack_logging.active.answering.reply import Content
from slack_logging.active.emoji import Mark, Order
from slack_logging.active.people.access import Access, Verdict
from slack_logging.active.people.approvals import Request, Terms, statement
from slack_logging.active.people.orders import wish
from slack_logging.active.settings import Settings
from slack_logging.clock import Clock
from slack_logging.errors import BadArguments, DeliveryError, RateLimited, Rejected, Unreachable
from slack_logging.slack.limits import MAX_TEXT
from slack_logging.slack.literal import units
from slack_logging.slack.pacing import Backoff

if TYPE_CHECKING:
    from slack_logging.active.answering.answers import Answers
    from slack_logging.active.desk import Desk
    from slack_logging.active.reading.intake import Heard
    from slack_logging.active.reading.line import Line

#: Seconds that stating a command may take, waiting for the channel's pace included.
_TIMEOUT = 60.0

#: Characters that are left for how it ends.
_ROOM = 1_000

#: Seconds from one look to the next, whatever is pending: 20 a minute, of the 50 that Slack allows. News, and what is
#: over, is looked at besides.
_SPACING = 3.0

#: Seconds after its time was over for which a command waits for its last look, if Slack keeps us from it.
_PATIENCE = 300.0

#: Seconds after which what is over is looked at anew at the latest, if Slack does not tell who may; a tenth of the
#: above, as a hundred that are pending would each have its turn only when that is over.
_RETRY = 30.0

#: When what there is news of is due.
_AT_ONCE = -math.inf

#: Codes that tell that the reply is gone, and with it the place to approve on.
_GONE = frozenset({"message_not_found", "bad_timestamp", "no_item_specified"})


def ask(line: Line, heard: Heard, terms: Terms, answers: Answers, clock: Clock) -> Request:
    """State a command in its thread, in a message of its own, for others to approve. Blocks for up to a minute.

    Raises:
        BadArguments: it is too long to be shown whole, and nobody should approve what they cannot read.
        DeliveryError: Slack did not take it.
    """
    person = line.directory.person(heard.user, groups=False)
    asker = f"{person.name} ({heard.user})" if person and person.name else heard.user
    text = statement(terms, asker, emoji=line.intake.emoji.name(Order.APPROVE), now=line.client.time())
    if units(answers.shown(text)) > MAX_TEXT - _ROOM:
        raise BadArguments("too long to be approved: one message must hold all of the command")
    answers.finish(heard)  # what is said from here on is not added to the statement, nor the statement to anything
    ts = answers.reply(heard, text, None, _TIMEOUT)
    now = clock.monotonic()
    return Request(heard, terms, text, ts, until=now + terms.within, due=now)


def holds(line: Line, access: Access, request: Request) -> bool:
    """Tell whether enough of those who approved a command still may; if not, its ending says so. Blocks."""
    lacks = request.lacks(_still_allowed(line, access, request))
    if lacks:
        request.ending = f"{lacks} more must approve it: not all who did may, as Slack tells it now"
    return not lacks


def _still_allowed(line: Line, access: Access, request: Request) -> list[str]:
    """Return the ids of those who approved a command and still may; whoever cannot be told may not."""
    found = []
    for user in request.approvers:
        try:
            verdict, _ = wish(line, access, user, request.terms.roles)
        except DeliveryError:
            verdict = Verdict.UNKNOWN
        if verdict is Verdict.ALLOWED:
            found.append(user)
        else:
            audit.approved(user, "void", request.heard)
    return found


@dataclass(slots=True)
class _Calls:
    """When a method may be called again."""

    method: str
    not_before: float = 0.0
    backoff: Backoff = field(default_factory=Backoff)


class Approving:
    """Looks at what is pending. For one thread, but for `look_soon`.

    Args:
        desk: where it is pending.
        settings: the source's: who may approve.
        interval: returns the seconds from one look at a reply to the next, at least.
    """

    def __init__(self, desk: Desk, settings: Settings, interval: Callable[[], float]) -> None:
        self._desk = desk
        self._access = settings.access
        self._interval = interval
        self._clock = desk.clock
        self._looks, self._edits = _Calls("reactions.get"), _Calls("chat.update")
        self._next_look = 0.0

    def look_soon(self, ts: str) -> bool:
        """Have the reply with this `ts` looked at in the next step; False if it asks for no approval. Any thread."""
        found = [request for request in self._desk.requests.pending() if request.ts == ts]
        for request in found:
            request.due = _AT_ONCE
        return bool(found)

    def step(self, line: Line | None) -> float | None:
        """Look at what is due, end what is too late, and show how it ended, as far as the pace allows.

        Never raises a `DeliveryError`; blocks for calls, not for their pace.

        Returns:
            The seconds until there is more to do; None when nothing is pending.
        """
        moments = []
        now = self._clock.monotonic()
        for request in sorted(self._desk.requests.all(), key=lambda request: (now < request.until, request.due)):
            if line is not None and request.is_pending and self._clock.monotonic() >= self._due(request):
                self._safely(line, request, self._looks, self._look)
            if request.is_pending and self._clock.monotonic() >= request.until + _PATIENCE:
                self._desk.end(request, Mark.ERRORED, request.too_late)
            if line is not None and request.ending != request.shown:
                self._safely(line, request, self._edits, self._show)
                if request.ending == request.shown:
                    return 0.0  # one at a time: marks and what runs out of time are not to wait for all
            if request.is_pending:
                moments.append(min(max(self._due(request), self._looks.not_before), request.until + _PATIENCE))
            elif request.ending == request.shown:
                self._desk.requests.forget(request)
            if request.ending != request.shown:
                moments.append(self._edits.not_before)
        return max(min(moments) - self._clock.monotonic(), 0.0) if moments else None

    def _due(self, request: Request) -> float:
        """Return when to look at a reply: at the very end, too, so that who approves in time is heard."""
        due = request.due if request.due == _AT_ONCE else max(request.due, self._next_look)
        return max(min(due, request.until), request.not_before)

    def owes(self) -> bool:
        """Tell whether something is pending, or there is an ending that is not shown."""
        return bool(self._desk.requests.unshown())

    def _safely(self, line: Line, request: Request, calls: _Calls, do: Callable[[Line, Request], None]) -> None:
        """Do something about a request, if the pace allows; what goes wrong is tried again, ever slower."""
        if self._clock.monotonic() < calls.not_before:
            return
        if wait := line.client.acquire(calls.method):
            calls.not_before = self._clock.monotonic() + wait
            return
        try:
            do(line, request)
        except RateLimited as error:
            calls.not_before = self._clock.monotonic() + error.retry_after
        except Unreachable:
            calls.not_before = self._clock.monotonic() + calls.backoff.failed()
        except Rejected as error:
            notices.say("approvals", f"commands cannot be approved: {error}; trying again")
            calls.not_before = self._clock.monotonic() + calls.backoff.failed()
        else:
            calls.backoff.succeeded()

    def _look(self, line: Line, request: Request) -> None:
        """Read who approves; have the command run once there are enough of those who may, end it if it is too late.

        Where it cannot be known right now who may, nothing is decided: that holds up no other.

        Raises:
            DeliveryError: the reply cannot be read right now.
        """
        now = self._clock.monotonic()
        if request.due != _AT_ONCE and now < request.until:
            self._next_look = now + _SPACING
        # before the call, so that news which comes meanwhile brings another
        its_turn = now + max(self._interval(), _SPACING * len(self._desk.requests.pending()))
        request.due = its_turn
        try:
            found = line.client.call("reactions.get", channel=line.channel, timestamp=request.ts, full=True)
        except DeliveryError as error:
            if not isinstance(error, Rejected) or error.code not in _GONE:
                request.due = min(request.due, now)  # behind what is due already: it may fail for this one only
                raise
            self._desk.end(request, Mark.ERRORED, "the reply to approve it on was deleted")
            return
        notices.clear("approvals")
        try:
            names = self._judge(line, request, found)
        except DeliveryError as error:
            if isinstance(error, Rejected):
                notices.say("approvals", f"a command cannot be approved: {error}; trying again")
            request.not_before = min(its_turn, max(request.until, now + _RETRY))
            request.due = min(request.due, request.not_before)
            return
        if not request.lacks(list(names)):
            approvers = ", ".join(f"{name} ({user})" for user, name in names.items())
            self._desk.proceed(request, tuple(names), f"approved by {approvers}")
        elif now >= request.until:
            self._desk.end(request, Mark.ERRORED, request.too_late)

    def _judge(self, line: Line, request: Request, found: dict[str, Any]) -> dict[str, str]:
        """Return the names of those who approve and may, by id."""
        reactions = (found.get("message") or {}).get("reactions") or ()
        verdicts: dict[str, Verdict | None] = {}
        names = {}
        for user in line.intake.emoji.approvers(reactions, besides=line.intake.bot_user):
            verdicts[user] = None
            if user != request.heard.user:
                verdicts[user], names[user] = wish(line, self._access, user, request.terms.roles, patience=0)
        for user in request.judge(verdicts):
            told = {None: "refused, as it is theirs", Verdict.ALLOWED: "allowed"}.get(verdicts[user], "refused")
            audit.approved(user, told, request.heard)
        return {user: names[user] for user in request.allowed()}

    def _show(self, line: Line, request: Request) -> None:
        """Have the reply say how it ended; where it cannot be changed any more, say so below it."""
        ending = request.ending
        message = reply.message(Content(self._desk.answers.shown(request.text)))
        try:
            line.client.call("chat.update", channel=line.channel, ts=request.ts, **message)
        except Rejected:
            self._desk.answers.say(request.heard, ending)
        request.shown = ending
