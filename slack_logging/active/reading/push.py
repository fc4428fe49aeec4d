"""Takes in what Slack pushes about the commands' channel; the history stays the truth.

A new message is heard at once. Everything else is only a hint: edits, deletions and reactions bring the next look at
the channel forward. What a look finds and no push brought shows that a connection is deaf, though it seems to be up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from slack_logging import notices
from slack_logging.active.ledger import order
from slack_logging.active.reading.intake import Heard, Intake
from slack_logging.clock import Clock
from slack_logging.errors import Rejected
from slack_logging.options import format_duration
from slack_logging.slack import credentials, loading
from slack_logging.slack.pacing import Backoff

if TYPE_CHECKING:
    from slack_logging.active.reading.line import Line
    from slack_logging.active.settings import Settings
    from slack_logging.slack.socket import Socket

#: Seconds between two looks at the channel while Slack pushes: what was lost on its way is found so late.
SWEEP_INTERVAL = 30.0

#: Seconds from a look that found what was not pushed to the one that decides whether the connection is deaf.
_DOUBT = 5.0

#: Seconds from one replacement of a deaf connection to the next, at first and at most.
_PATIENCE, _MOST_PATIENCE = 30.0, 3600.0

_NOTHING = (0, 0)


class Push:
    """Listens for one reader, from `open` to `close`.

    Args:
        settings: the reader's.
        line: whose channel.
        hear: is given each new command. Called in the socket's thread.
        hint: called when the channel should be looked at soon. From any thread.
        hint_of_reaction: called with the channel and the `ts` of a message that got a reaction or lost one, anywhere.
        clock: what time is taken from.
    """

    def __init__(
        self,
        settings: Settings,
        line: Line,
        *,
        hear: Callable[[Heard], None],
        hint: Callable[[], None],
        hint_of_reaction: Callable[[str, str], None],
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._line = line
        self._hear = hear
        self._hint = hint
        self._hint_of_reaction = hint_of_reaction
        self._clock = clock
        self._cause = f"Socket Mode for {settings.channel}"
        self._socket: Socket | None = None
        self._connection = 0
        self._known: tuple[int, int] | None = None
        self._baseline = self._pushed = self._missed = _NOTHING
        self._is_deaf = False
        self._renew_at = 0.0
        self._patience = Backoff(_PATIENCE, _MOST_PATIENCE)

    def open(self) -> None:
        """Begin to listen, if there is an app token. Does not wait; what is wrong is said. Idempotent."""
        if self._socket is not None:
            return
        try:
            token = credentials.find_app_token(self._settings.app_token)
            if token is None:
                return
            loading.load(loading.SOCKET)
            from slack_logging.slack.socket import connect  # here: it loads slack_sdk

            self._socket = connect(token, credentials.api_url(self._settings.api_url), self._clock)
            self._socket.join(self)
        except Rejected as error:
            self._say(str(error))
        except RuntimeError as error:
            self._socket = None
            self._say(f"no thread could be started ({error})")

    def close(self) -> None:
        """Stop listening. Does not wait; what is being heard right now may still come. Idempotent."""
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.leave(self)

    @property
    def how(self) -> str:
        """Return how what is typed gets here, in words."""
        how = "by Socket Mode, and looked at" if self._is_heard else "polled"
        return f"{how} every {format_duration(self.interval)}"

    @property
    def interval(self) -> float:
        """Seconds between two looks at what Slack pushes, if it does."""
        return SWEEP_INTERVAL if self._is_heard else self._settings.poll_interval

    @property
    def _is_heard(self) -> bool:
        socket = self._socket
        return socket is not None and socket.is_up and not self._is_deaf

    def pushed(self, payload: Mapping[str, Any]) -> bool:
        """See `slack_logging.slack.socket.Listener`.

        Messages and reactions are acknowledged wherever they are: Slack ends the subscriptions of an app that takes
        too few of them. Kinds that nobody here knows are left to others.
        """
        try:
            return self._take_in(payload)
        except Exception as error:  # noqa: BLE001 - nobody else would go on listening
            notices.say(f"{self._cause}, events", f"{self._cause}: unexpected {type(error).__name__}: {error}")
        self._hint()
        return False

    def _take_in(self, payload: Mapping[str, Any]) -> bool:
        if payload.get("type") == "app_rate_limited":  # Slack left events out
            self._hint()
            return True
        event = payload.get("event")
        if not isinstance(event, dict):
            return False
        if event.get("type") == "message":
            return event.get("channel") != self._line.channel or self._message(event)
        if event.get("type") in ("reaction_added", "reaction_removed"):
            self._reaction(event)
            return True
        return False

    def _message(self, event: Mapping[str, Any]) -> bool:
        """Hear a message, and return True: it, or a look that is to come, has taken in what the event says."""
        intake = self._line.intake
        if event.get("hidden") or event.get("subtype") in ("message_changed", "message_deleted"):
            if _is_news(event, intake):
                self._hint()
            return True
        ts = order(str(event["ts"]))
        self._pushed = max(self._pushed, ts)
        if self._is_deaf:
            self._is_deaf = False
            self._patience.succeeded()
            notices.clear(self._cause, f"{self._cause} works again")
        if (heard := intake.hear(event)) is None:
            return True
        if self._known is None or ts <= self._known:
            # A look has found it, or will: an event that was sent again may be of a command that another process ran,
            # and only the history shows that process's marks.
            self._hint()
        else:
            self._hear(heard)
        return True

    def _reaction(self, event: Mapping[str, Any]) -> None:
        item = event.get("item")
        if not isinstance(item, dict) or event.get("user") == self._line.intake.bot_user:
            return
        if item.get("channel") == self._line.channel:
            self._hint()
        self._hint_of_reaction(str(item.get("channel")), str(item.get("ts")))

    def changed(self) -> None:
        """See `slack_logging.slack.socket.Listener`. A new connection begins with a look: what was lost before it?"""
        socket = self._socket
        if socket is None:
            return
        if socket.trouble:
            self._say(socket.trouble)
        elif socket.others:
            self._say_that_others_listen(socket.others)
        elif not self._is_deaf:
            notices.clear(self._cause, f"{self._cause} works again")
        self._hint()

    def swept(self, messages: list[dict[str, Any]], bound: str) -> float:
        """Take in what a look at the channel has found; return the seconds until the next.

        Args:
            messages: all that it found, oldest first.
            bound: the `ts` after which the ledger knows everything that was treated.
        """
        newest = order(str(messages[-1]["ts"])) if messages else _NOTHING
        self._known = max(order(bound), newest if self._known is None else self._known)
        socket = self._socket
        if socket is None or not socket.is_up:
            return self._settings.poll_interval
        if socket.connections != self._connection:  # what is older was not for this connection to bring
            self._connection, self._baseline, self._missed = socket.connections, newest, _NOTHING
            return min(self._settings.poll_interval, SWEEP_INTERVAL) if self._is_deaf else SWEEP_INTERVAL
        head = max((order(str(each["ts"])) for each in messages if self._line.intake.is_typed(each)), default=_NOTHING)
        return self._after(head, socket)

    def _after(self, head: tuple[int, int], socket: Socket) -> float:
        """Judge a connection by the newest message that somebody typed."""
        if head <= max(self._pushed, self._baseline) or socket.others:
            self._missed = _NOTHING  # one that others took, or that got lost among others, shows nothing
            return self._settings.poll_interval if self._is_deaf else SWEEP_INTERVAL
        if self._missed == _NOTHING or self._missed <= self._pushed:
            self._missed = head
            return _DOUBT
        now = self._clock.monotonic()
        self._is_deaf = True
        self._say(
            "messages are found in the channel that were not pushed: does the app subscribe to message.channels "
            "and message.groups, as slack-logging manifest --socket-mode has it? It is connected anew"
        )
        if now >= self._renew_at:
            self._renew_at = now + self._patience.failed()
            socket.renew()
        return self._settings.poll_interval

    def _say(self, text: str) -> None:
        interval = self._settings.poll_interval
        end = "" if text.endswith("?") else "."
        notices.say(
            self._cause, f"{self._cause}: {text}{end} Until it works, the channel is looked at every {interval:g} s"
        )

    def _say_that_others_listen(self, others: int) -> None:
        notices.say(
            self._cause,
            f"{self._cause}: other programs use the same app ({others} more connections), and Slack gives each event "
            f"to one of them only: what goes elsewhere is found within {SWEEP_INTERVAL:g} s. Give this program an app "
            "of its own, with the manifest that slack-logging manifest --socket-mode prints",
        )


def _is_news(event: Mapping[str, Any], intake: Intake) -> bool:
    """Tell whether somebody else's message was deleted, or now says something else.

    Slack also calls a message changed when it gets a reply, say, as it does by ours.
    """
    before, after = event.get("previous_message") or {}, event.get("message")
    if intake.is_own(after or before):
        return False
    return after is None or any(after.get(part) != before.get(part) for part in ("text", "blocks", "edited"))
