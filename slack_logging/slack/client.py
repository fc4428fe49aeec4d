"""The one door to Slack's Web API: paced, timed out, never retried behind the caller's back.

slack_sdk's own retries are off: a retried post can appear twice, and a sleep in there could not be cut short.
This is also the one place that turns its exceptions into `slack_logging.errors`; what a webhook answers is read in
`slack_logging.slack.webhook`.
"""

from __future__ import annotations

import difflib
import http.client
import json
import queue
import threading
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from slack_logging.clock import Clock
from slack_logging.errors import DeliveryError, RateLimited, Rejected, Unreachable
from slack_logging.slack import credentials
from slack_logging.slack.credentials import BAD_TOKEN, Token
from slack_logging.slack.limits import CALL_TIMEOUT
from slack_logging.slack.manifest import SCOPES
from slack_logging.slack.pacing import Backoff, Pace
from slack_logging.slack.skew import MOST, skew
from slack_logging.slack.transport import Shared, SilentLogger, retry_after, unreachable

#: Codes after which the same call may succeed later. Source: Slack's list of errors common to all methods.
_TRANSIENT = frozenset(
    "internal_error fatal_error service_unavailable request_timeout "
    "team_added_to_org external_channel_migrating".split()
)
_THROTTLED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})

_REMEDIES: Mapping[str, str] = {
    "channel_not_found": "the bot sees no channel of that name or id: check it, and /invite the bot if it is private",
    "not_in_channel": "the bot is not a member: type /invite @your-bot in the channel",
    "is_archived": "the channel is archived: unarchive it or configure another",
    "restricted_action": "a workspace rule forbids the bot to post there",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are to Slack, as auth.test says."""

    team_id: str
    user_id: str
    bot_id: str
    url: str
    enterprise_id: str = ""


class SlackClient:
    """Slack's Web API with one pace for everybody who shares this object. Safe to use from any thread.

    Args:
        token: a bot token, and where it is from.
        api_url: where the Web API is, with its trailing ``/api/``.
        clock: what the pace runs on.

    Attributes:
        ahead: seconds by which our clock is ahead of Slack's, less than 0 if it is behind; it is corrected when it has
            become wrong by more than a minute.
        scopes: of the token, as Slack last said; None where it did not.
    """

    def __init__(self, token: Token, api_url: str, clock: Clock) -> None:
        self._token = token
        self._web = WebClient(
            token=token.value,
            base_url=api_url,
            timeout=CALL_TIMEOUT,
            retry_handlers=[],
            logger=SilentLogger(),
        )
        # slack_sdk reads HTTPS_PROXY by itself and is deaf to NO_PROXY; urllib below it knows both.
        self._web.proxy = None
        self._clock = clock
        self._pace = Pace()
        self._lock = threading.Lock()
        self.ahead = 0.0
        self.scopes: frozenset[str] | None = None
        self._identity: Identity | None = None
        self._channel_ids: dict[str, str] = {}

    def limit_calls(self, seconds: float) -> None:
        """Have calls count as unanswered after so many seconds, if that is less than usual. For the program's end."""
        self._web.timeout = max(1, min(CALL_TIMEOUT, round(seconds)))

    def acquire(self, method: str, channel: str = "") -> float:
        """Take a place for one call and return 0.0, or return the seconds to wait before asking again.

        Never blocks. `channel` matters for ``chat.postMessage`` only.
        """
        with self._lock:
            return self._pace.acquire(method, channel, self._clock.monotonic())

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Make one call, now and once; the place must have been acquired. Blocks for up to 10 s.

        Args:
            method: such as ``"chat.postMessage"``.
            **arguments: the method's; None means not given.

        Returns:
            Slack's answer.

        Raises:
            RateLimited: nothing was done. The pace has taken it in.
            Unreachable: no answer, or none that tells what happened.
            Rejected: Slack's error code.
        """
        return self.call_for_headers(method, **arguments)[0]

    def call_for_headers(self, method: str, **arguments: Any) -> tuple[dict[str, Any], dict[str, str]]:
        """Do what `call` does, and return the answer's headers too, their names in small letters."""
        given = {name: value for name, value in arguments.items() if value is not None}
        before = self._clock.time()
        try:
            if method.startswith("chat."):
                response = self._web.api_call(method, json=given)
            else:
                response = self._web.api_call(method, params=_form(given))
        except Exception as error:
            raise self._told(method, str(given.get("channel") or given.get("channel_id", "")), error) from error
        answer = response.data
        if not isinstance(answer, dict):
            raise Unreachable(f"{method}: the answer is not a JSON object")
        headers = {name.lower(): str(value) for name, value in response.headers.items()}
        self._compare_clocks(before, headers.get("date", ""))
        if (listed := headers.get("x-oauth-scopes")) is not None:
            self.scopes = frozenset(filter(None, map(str.strip, listed.split(","))))
        return answer, headers

    def time(self) -> float:
        """Return what time it is for Slack, which stamps messages, in seconds since the epoch.

        It is our clock's, unless its answers show that this one is more than a minute off.
        """
        return self._clock.time() - self.ahead

    def _compare_clocks(self, before: float, date: str) -> None:
        """Take in when Slack says that it answered."""
        ahead = skew(before, self._clock.time(), date)
        if ahead is not None and abs(ahead - self.ahead) > MOST:
            self.ahead = ahead

    def deliver(self, method: str, *, timeout: float = 60.0, **arguments: Any) -> dict[str, Any]:
        """Wait for the pace, call, and try again after transient faults, for up to `timeout` seconds.

        At least once: after a lost answer the call is repeated.

        Args:
            method: such as ``"users.info"``.
            timeout: seconds.
            **arguments: the method's.

        Raises:
            Rejected: Slack said no.
            RateLimited: there was no place within `timeout`.
            Unreachable: Slack did not answer within `timeout`.
        """
        end = self._clock.monotonic() + timeout
        backoff = Backoff()
        wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        channel = str(arguments.get("channel", ""))
        while True:
            try:
                if not (wait := self.acquire(method, channel)):
                    return self.call(method, **arguments)
                failure: DeliveryError = RateLimited(method, wait)
            except RateLimited as error:
                failure = error
            except Unreachable as error:
                failure, wait = error, backoff.failed()
            if self._clock.monotonic() + wait > end:
                raise failure
            self._clock.wait(wake, wait)

    #: What `upload` calls; a place for each must have been acquired.
    UPLOAD_METHODS = ("files.getUploadURLExternal", "files.completeUploadExternal")

    def upload(self, channel: str, filename: str, content: bytes, *, title: str, thread_ts: str | None = None) -> None:
        """Share a file in a channel or thread, now and once. Needs the scope ``files:write``.

        Blocks, and raises as `call` does.

        Args:
            channel: an id; files cannot be shared by a channel's name.
            filename: what it is called, with its ending.
            content: at least one byte.
            title: what people see above it.
            thread_ts: the thread, or None for the channel itself.
        """
        begin, complete = self.UPLOAD_METHODS
        try:
            given = self.call(begin, filename=filename, length=len(content))
            self._hand_over(str(given.get("upload_url")), content)
        except Unreachable as error:
            error.was_never_sent = True  # nothing shows before the last step
            raise
        files = [{"id": given.get("file_id"), "title": title}]
        self.call(complete, files=files, channel_id=channel, thread_ts=thread_ts)

    def _hand_over(self, url: str, content: bytes) -> None:
        """Send a file's bytes to the address for them. Whoever knows that may write there: only its host is told."""
        try:
            request = urllib.request.Request(url, content, {"Content-Type": "application/octet-stream"})  # noqa: S310 - Slack's
            with urllib.request.urlopen(request, timeout=self._web.timeout):  # noqa: S310 - as above
                pass
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise unreachable("file upload", error, url=urljoin(url, "/")) from None

    def identity(self) -> Identity:
        """Return who we are, asked once. Raises as `deliver` does."""
        if self._identity is None:
            answer = self.deliver("auth.test", timeout=0)
            self._identity = Identity(
                team_id=answer["team_id"],
                user_id=answer["user_id"],
                bot_id=answer.get("bot_id", ""),
                url=answer.get("url", ""),
                enterprise_id=answer.get("enterprise_id") or "",
            )
        return self._identity

    def channel_id(self, channel: str, *, timeout: float = 60.0) -> str:
        """Return the id of a channel that the bot is a member of, given its name or its id.

        Needs the scope ``channels:read`` (``groups:read`` for private ones) unless it is an id. A name is looked up
        once, and again after Slack no longer knew its id. Takes up to `timeout` seconds, and raises as `deliver` does.

        Raises:
            Rejected: ``channel_not_found`` when the bot is in no channel of that name, ``is_archived``.
        """
        if is_channel_id(channel):
            return channel
        name = channel.lstrip("#")
        if name not in self._channel_ids:
            try:
                self._look_up(name, "public_channel,private_channel", timeout)
            except Rejected as error:
                if error.code != "missing_scope":
                    raise
                self._look_up(name, "public_channel", timeout)
        if name not in self._channel_ids:
            near = meant(name, self._channel_ids)
            hint = f"the bot is in no channel named #{name}{near}: create it, or /invite the bot{capitals(name)}"
            raise Rejected("users.conversations", "channel_not_found", hint)
        return self._channel_ids[name]

    def _look_up(self, name: str, types: str, timeout: float) -> None:
        """Take in the bot's channels of these types, page by page until `name` is among them. Raises as `deliver`."""
        cursor: str | None = None
        while name not in self._channel_ids:
            answer = self.deliver("users.conversations", timeout=timeout, types=types, limit=200, cursor=cursor)
            for found in answer["channels"]:
                if found["name"] == name and found.get("is_archived"):
                    raise Rejected("users.conversations", "is_archived", _REMEDIES["is_archived"])
                if not found.get("is_archived"):
                    self._channel_ids[found["name"]] = found["id"]
            cursor = answer.get("response_metadata", {}).get("next_cursor")
            if not cursor:
                break

    def _told(self, method: str, channel: str, error: Exception) -> DeliveryError:
        """Translate what slack_sdk and urllib raise."""
        if isinstance(error, SlackApiError):
            return self._told_by_slack(method, channel, error)
        if isinstance(error, (OSError, http.client.HTTPException, SlackClientError)):
            return unreachable(method, error, url=self._web.base_url)
        if isinstance(error, ValueError):  # may quote a header, and with it the token
            return Unreachable(f"{method}: {type(error).__name__}")
        raise error

    def _told_by_slack(self, method: str, channel: str, error: SlackApiError) -> DeliveryError:
        response = error.response
        answer = response.data if isinstance(response.data, dict) else {}
        code = str(answer.get("error", "no_error_code"))
        if response.status_code == 429 or code in _THROTTLED:
            wait = retry_after(response.headers, answer)
            with self._lock:
                self._pace.throttled(method, channel, wait, self._clock.monotonic())
            return RateLimited(method, wait)
        if response.status_code == 404:  # Slack answers 200 to everything it knows, and to methods that it does not
            return Rejected(method, "http_404", "is that a Slack? api_url, or else SLACK_API_URL, ends in /api/")
        if response.status_code >= 500 or code in _TRANSIENT or " " in code:
            # slack_sdk puts a whole sentence into `error` where the body was no JSON.
            if code in _TRANSIENT:
                return Unreachable(f"{method}: Slack says {code}")
            said = "with a text that is no JSON" if " " in code else code
            return Unreachable(f"{method}: HTTP {response.status_code}, {said}")
        if code == "channel_not_found":  # deleted, or we were taken off it; its name may belong to another by now
            self._channel_ids = {name: id_ for name, id_ in self._channel_ids.items() if id_ != channel}
        remedy = _REMEDIES.get(code, "")
        if code == "channel_not_found":
            remedy += capitals(channel)
        if code == "missing_scope":
            remedy = _scopes_to_add(str(answer.get("needed") or ""))
        if code in BAD_TOKEN:
            remedy = self._token.refused(code, self._web.base_url)
        return Rejected(method, code, remedy)


def _scopes_to_add(needed: str) -> str:
    """Return what to do where a scope is missing: Slack names all that a method takes, also for what nobody wants.

    Args:
        needed: Slack's list, with commas; empty where it gave none.
    """
    given = [name for part in needed.split(",") if (name := part.strip())]
    ours = [name for name in given if name in {scope.name for scope in SCOPES}] or given
    if not ours:
        return "add the scope to the app and install it again: slack-logging check says which"
    what = "scope" if len(ours) == 1 else "scopes"
    named = f"add the {what} to the app and install it again: {', '.join(ours)}"
    return f"{named}; slack-logging check lists all that are missing"


def is_channel_id(channel: str) -> bool:
    """Tell an id from a name: names hold no capitals. Source: conversations.create."""
    return channel[:1] in ("C", "G", "D") and channel.isalnum() and channel == channel.upper()


def capitals(channel: str) -> str:
    """Return a hint for where a name was not found that no channel can have. Source: conversations.create, "Naming"."""
    is_name = channel and not is_channel_id(channel)
    return "; names of channels are in lower case" if is_name and channel != channel.lower() else ""


def meant(channel: str, names: Iterable[str]) -> str:
    """Return a question after the channel that was perhaps meant by a name; empty where none is near."""
    near = difflib.get_close_matches(channel.lstrip("#").lower(), sorted(names), n=1)
    return f" (did you mean #{near[0]}?)" if near else ""


_shared: Shared[SlackClient] = Shared()


def connect(token: str | None, api_url: str | None, clock: Clock) -> SlackClient:
    """Return the process's one client for a token: whoever posts with it keeps the same pace. No I/O.

    Args:
        token: as configured; None looks at the environment, afresh on every call.
        api_url: as configured; None looks at the environment.
        clock: what the pace runs on.

    Raises:
        Rejected: ``not_authed``, there is no token.
    """
    found, url = credentials.find_token(token), credentials.api_url(api_url)
    return _shared.get((found.value, url, id(clock)), lambda: SlackClient(found, url, clock))


def _form(arguments: dict[str, Any]) -> dict[str, Any]:
    """Write nested values as JSON, as Slack wants them in a form."""
    return {name: json.dumps(value) if isinstance(value, (dict, list)) else value for name, value in arguments.items()}
