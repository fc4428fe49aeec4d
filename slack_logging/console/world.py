"""Looks at a Slack as a program would find it: token, scopes, channels, people, clock."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_logging.clock import Clock
from slack_logging.console.finding import Finding, note, ok, wrong
from slack_logging.errors import DeliveryError, RateLimited, Rejected
from slack_logging.slack import credentials
from slack_logging.slack.client import SlackClient, capitals, connect, is_channel_id, meant
from slack_logging.slack.credentials import is_loopback
from slack_logging.slack.manifest import SCOPES, Scope, needed
from slack_logging.slack.skew import remark, skew

#: Seconds to wait for an answer that is slow, throttled or lost.
_PATIENCE = 20.0

#: Seconds between our clock and Slack's from which on it is worth a note: commands have an age, people read times.
_SKEW = 5.0

#: Channels a page, and pages of the workspace's list that are looked through for one name: what four calls give,
#: which conversations.list allows without a pause. Source: conversations.list; Rate limits, tier 2.
_PAGE, _PAGES = 999, 4

_ADD_SCOPE = "add it to the app and install that again; slack-logging manifest prints them all"

_NOBODY = "Slack knows nobody of that id: check it, or take it out"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a program wants of one Slack.

    Attributes:
        token: as configured; None means the environment's.
        api_url: as configured; None means the environment's.
        channels: where records go, names or ids.
        commands_channels: where people type.
        allow: ids of those who may.
        app_token: as configured; None means the environment's, if there is one.
    """

    token: str | None = None
    api_url: str | None = None
    channels: tuple[str, ...] = ()
    commands_channels: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    app_token: str | None = None

    @property
    def has_commands(self) -> bool:
        """Tell whether commands are read at all."""
        return bool(self.commands_channels or self.allow)


@dataclass(slots=True)
class _Reached:
    """A Slack that took the token.

    Attributes:
        client: asks it.
        url: of its Web API.
        answer: auth.test's.
        scopes: of the token; None where Slack did not say.
        ids: of the channels found so far, to what each is for.
        names: of the channels listed so far.
        is_cut: whether there are more than were listed.
    """

    client: SlackClient
    url: str
    answer: Mapping[str, Any]
    scopes: frozenset[str] | None
    ids: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    is_cut: bool = False

    @property
    def bot(self) -> str:
        """What people type to invite the bot."""
        return f"@{self.answer.get('user', 'your-bot')}"

    def has(self, scope: str) -> bool:
        """Tell whether the token has a scope, as far as is known."""
        return self.scopes is None or scope in self.scopes

    def ask(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Return Slack's answer. Blocks for up to `_PATIENCE` seconds and a call, raises as `SlackClient.deliver`."""
        return self.client.deliver(method, timeout=_PATIENCE, **arguments)


def examine(wanted: Wanted, *, clock: Clock, post: bool) -> Iterator[Finding]:
    """Look at all that `wanted` needs, one thing after another.

    Args:
        wanted: of which Slack, and what.
        clock: compared with Slack's.
        post: post a message to each channel, and delete it again.
    """
    reached = yield from _reach(wanted, clock)
    if reached is None:
        return
    yield from _scopes(reached, wanted)
    if wanted.has_commands:
        yield from _answered("Socket Mode", _socket_mode(wanted, clock))
    for commands, channels in ((False, wanted.channels), (True, wanted.commands_channels)):
        for channel in channels:
            yield from _answered(_shown(channel), _channel(reached, channel, commands=commands, post=post))
    for id_ in wanted.allow:
        yield from _answered(id_, _group(reached, id_) if id_.startswith("S") else _person(reached, id_))


def unpostable(channel: str, clock: Clock) -> str:
    """Return why the environment's token certainly cannot post to a channel, and what to do; else nothing.

    Raises:
        Rejected: there is no token, or Slack does not take it.
        RateLimited, Unreachable: Slack does not say, for now.
    """
    reached, _ = _asked(connect(None, None, clock), credentials.api_url())
    if reached.scopes is None:
        return ""
    if not reached.has("chat:write"):
        findings: Iterator[Finding] = iter([_lacking(_scope("chat:write"))])
    else:
        findings = _channel(reached, channel, commands=False, post=False)
    with contextlib.suppress(Rejected):  # a look, not the post
        return next((f"{finding.subject}: {finding.text}" for finding in findings if finding.state == "WRONG"), "")
    return ""


def _answered(subject: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Turn what Slack refuses on the way into a finding."""
    try:
        yield from findings
    except Rejected as error:
        yield wrong(subject, _NOBODY if error.code in ("user_not_found", "bot_not_found") else error)
    except DeliveryError as error:
        yield wrong(subject, error)


def _reach(wanted: Wanted, clock: Clock) -> Generator[Finding, None, _Reached | None]:
    """Find the token and make it known to Slack."""
    subject = "token"
    try:
        token = credentials.find_token(wanted.token, remedy=credentials.REMEDY_BY_ENVIRONMENT)
        subject = "SLACK_API_URL"
        client = connect(wanted.token, wanted.api_url, clock)
    except Rejected as error:
        yield wrong(subject, error.hint)  # which is all: nobody was asked
        return None
    if "xoxb-" not in token.value:
        yield wrong("token", token.refused("not_allowed_token_type", ""))
        return None
    yield ok("token", f"a bot's, from {token.origin}")
    before = clock.time()
    try:
        reached, date = _asked(client, credentials.api_url(wanted.api_url))
    except DeliveryError as error:
        yield wrong("Slack", error)
        return None
    answer = reached.answer
    who = f"@{answer.get('user', '?')} ({answer.get('user_id', '?')})"
    yield ok("Slack", f"we are {who} in the workspace {answer.get('team', '?')}, {answer.get('url', '?')}")
    yield _clock(before, clock.time(), date)
    return reached


def _asked(client: SlackClient, url: str) -> tuple[_Reached, str]:
    """Ask Slack who we are; return the date of its answer, too. Raises as `SlackClient.call`."""
    if wait := client.acquire("auth.test"):
        raise RateLimited("auth.test", wait)
    answer, headers = client.call_for_headers("auth.test")
    return _Reached(client, url, answer, client.scopes), headers.get("date", "")


def _clock(before: float, after: float, date: str) -> Finding:
    """Compare our clock, read before and after a call, with the second in which Slack says that it answered."""
    ahead = skew(before, after, date)
    if ahead is None:
        return note("clock", "Slack did not say what time it is")
    if abs(ahead) <= _SKEW:
        return ok("clock", "agrees with Slack's")
    return note("clock", f"this machine's {remark(ahead)}")


def _scopes(reached: _Reached, wanted: Wanted) -> Iterator[Finding]:
    """Look for the scopes that are needed whatever kind of channel there is."""
    if reached.scopes is None:
        yield note("scopes", "Slack did not say which the token has")
        return
    required = list(needed("log"))
    if wanted.has_commands:
        required += [scope for scope in needed("commands") if not scope.name.startswith(("channels:", "groups:"))]
    if any(id_.startswith("S") for id_ in wanted.allow):
        required += needed("groups")
    missing = [scope for scope in required if scope.name not in reached.scopes]
    for scope in missing:
        yield _lacking(scope)
    if not missing:
        yield ok("scopes", f"{', '.join(scope.name for scope in required)} are there")
    unused = sorted(reached.scopes - {scope.name for scope in SCOPES})
    if unused and not is_loopback(reached.url):  # the local Slack gives all it knows
        yield note("scopes", f"nothing here needs {', '.join(unused)}")


def _socket_mode(wanted: Wanted, clock: Clock) -> Iterator[Finding]:
    """Ask for a connection, and make none: it would take events from a program that runs."""
    token = credentials.find_app_token(wanted.app_token)
    if token is None:
        yield note("Socket Mode", f"is off, as there is no {credentials.APP_TOKEN}: commands are polled for")
        return
    SlackClient(token, credentials.api_url(wanted.api_url), clock).deliver("apps.connections.open", timeout=_PATIENCE)
    yield ok("Socket Mode", f"opens with the app token from {token.origin}")


def _lacking(scope: Scope) -> Finding:
    return wrong(f"scope {scope.name}", f"missing, and needed to {scope.why}: {_ADD_SCOPE}")


def _channel(reached: _Reached, channel: str, *, commands: bool, post: bool) -> Iterator[Finding]:
    """Look at one channel: whether the bot finds it, and may do there what it has to."""
    subject = _shown(channel)
    readable = [kind for kind in ("channels", "groups") if reached.has(f"{kind}:read")]
    if commands and not readable:
        if not (reached.has("channels:history") or reached.has("groups:history")):
            yield _lacking(_scope("channels:history"))
        if not is_channel_id(channel):
            yield _lacking(_scope("channels:read"))
            return
    found = _find(reached, channel, readable) if readable else None
    if found is not None:
        findings = list(_found(reached, subject, found, commands=commands))
        yield from findings
        post = post and not any(finding.state == "WRONG" for finding in findings)
        channel = found["id"]
    elif unseen := _unseen(reached, channel, readable, commands=commands):
        yield note(subject, f"{unseen}; --post shows whether posting works")
    else:
        yield wrong(subject, _not_found(reached, channel, readable, commands=commands))
        return
    if post:
        yield _posted(reached, subject, channel)


def _unseen(reached: _Reached, channel: str, readable: list[str], *, commands: bool) -> str:
    """Return why a channel that was not found may be there all the same, and take posts; else nothing."""
    if not readable or (not commands and "channels" not in readable):
        return "cannot be looked at without channels:read"
    if not commands and "groups" not in readable and is_channel_id(channel):  # a private one takes posts by its id only
        return "cannot be looked at without groups:read if it is private"
    if not commands and reached.is_cut and reached.has("chat:write.public"):
        return f"is not among the {len(reached.names):,} channels that were looked through"
    return ""


def _find(reached: _Reached, channel: str, readable: list[str]) -> dict[str, Any] | None:
    """Return a channel's object with ``is_member``; None where the bot does not see it."""
    if is_channel_id(channel):
        try:
            found: dict[str, Any] = reached.ask("conversations.info", channel=channel)["channel"]
        except Rejected as error:
            if error.code in ("channel_not_found", "missing_scope"):
                return None
            raise
        return found
    types = {"channels": "public_channel", "groups": "private_channel"}
    asked = ",".join(types[kind] for kind in readable)
    for method, wanted_types, most in (("users.conversations", asked, 100), ("conversations.list", asked, _PAGES)):
        cursor = None
        for _ in range(most):
            answer = reached.ask(method, types=wanted_types, limit=_PAGE, cursor=cursor)
            for found in answer["channels"]:
                reached.names.add(found["name"])
                if found["name"] == channel.lstrip("#"):
                    return {"is_member": method == "users.conversations", **found}
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        else:
            reached.is_cut = True
    return None


def _not_found(reached: _Reached, channel: str, readable: list[str], *, commands: bool) -> str:
    """Return why a channel may not have been found, and what to do."""
    if is_channel_id(channel):
        text = "the bot sees no channel of that id: check it"
    else:
        near = meant(channel, reached.names)
        text = f"the bot sees no channel of that name{near}: check it, or create it{capitals(channel)}"
    for kind, name in (("groups", "private"), ("channels", "public")):
        if kind not in readable:
            history = f", and is read with {kind}:history" if commands and not reached.has(f"{kind}:history") else ""
            return f"{text}; a {name} one shows only with {kind}:read{history}: {_ADD_SCOPE}"
    return f"{text}; if it is private, type /invite {reached.bot} in it"


def _found(reached: _Reached, subject: str, found: dict[str, Any], *, commands: bool) -> Iterator[Finding]:
    """Say what is the matter with a channel that exists."""
    private = bool(found.get("is_private"))
    kind = "private" if private else "public"
    purpose = "commands" if commands else "records"
    is_both = reached.ids.setdefault(found["id"], purpose) != purpose
    if is_both:
        yield wrong(subject, f"{found['id']} is the channel of records and of commands: use two")
    history = f"{'groups' if private else 'channels'}:history"
    if commands and not reached.has(history):
        yield _lacking(_scope(history))
    if found.get("is_archived"):
        yield wrong(subject, f"{found['id']}, {kind}, is archived: unarchive it, or use another")
    elif found.get("is_member"):
        if not is_both:  # that was said when its records were looked at
            yield ok(subject, f"{found['id']}, {kind}, the bot is a member")
    elif not commands and not private and reached.scopes is not None and reached.has("chat:write.public"):
        yield note(subject, f"{found['id']}, {kind}: chat:write.public lets the bot post, but not attach files")
    else:
        yield wrong(subject, f"{found['id']}, {kind}: the bot is not a member: type /invite {reached.bot} in it")


def _posted(reached: _Reached, subject: str, channel: str) -> Finding:
    """Post a message and delete it again."""
    posted = reached.ask("chat.postMessage", channel=channel, text="slack-logging check: this goes away at once")
    try:
        reached.ask("chat.delete", channel=posted["channel"], ts=posted["ts"])
    except DeliveryError as error:
        return note(subject, f"posted a message, which stays there: {error}")
    return ok(subject, "posted a message and deleted it")


def _person(reached: _Reached, id_: str) -> Iterator[Finding]:
    """Say who a user or a bot is that may run commands."""
    if not reached.has("users:read"):
        yield note(id_, "cannot be looked up without users:read")
    elif id_.startswith("B"):
        bot = reached.ask("bots.info", bot=id_)["bot"]
        yield note(id_, f"the bot {bot.get('name', '?')}: it may, as it is named by its id")
    else:
        yield _user(id_, reached.ask("users.info", user=id_)["user"], str(reached.answer.get("team_id")))


def _user(id_: str, user: Mapping[str, Any], team_id: str) -> Finding:
    name = f"@{user.get('name', '?')}"
    if user.get("deleted"):
        return wrong(id_, f"{name} is deactivated and may run nothing: take the id out")
    kinds = {
        "a bot": user.get("is_bot") or id_ == "USLACKBOT",
        "of another workspace": user.get("team_id") != team_id,
        "a guest": user.get("is_restricted") or user.get("is_ultra_restricted"),
    }
    special = [kind for kind, holds in kinds.items() if holds]
    if special:
        return note(id_, f"{name} is {' and '.join(special)}, and may, as it is named by its id")
    return ok(id_, f"{name} may run commands")


def _group(reached: _Reached, id_: str) -> Iterator[Finding]:
    """Say which user group it is whose members may run commands."""
    if not reached.has("usergroups:read"):
        yield note(id_, "cannot be looked up without usergroups:read")
        return
    groups = reached.ask("usergroups.list", include_disabled=True, include_users=True)["usergroups"]
    group = next((group for group in groups if group["id"] == id_), None)
    if group is None:
        yield wrong(id_, "Slack knows no user group of that id: check it, or take it out")
        return
    name, members = f"the user group @{group.get('handle', '?')}", len(group.get("users") or [])
    if group.get("date_delete"):
        yield wrong(id_, f"{name} is disabled: enable it, or take the id out")
    elif not members:
        yield note(id_, f"{name} has no members")
    else:
        yield ok(id_, f"{name} may run commands; its members: {members}")


def _scope(name: str) -> Scope:
    return next(scope for scope in SCOPES if scope.name == name)


def _shown(channel: str) -> str:
    return channel if is_channel_id(channel) or channel.startswith("#") else f"#{channel}"
