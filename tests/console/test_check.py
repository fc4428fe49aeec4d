"""`slack-logging check`: each wrong world is one line that says what to do, and a status of 1."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from slack_logging.console.world import Wanted, _Reached, _scopes
from slack_logging.local import Fault, LocalSlack
from slack_logging.slack.client import connect
from slack_logging.testing import FakeClock
from tests.console.conftest import Run

LOG = ("--channel", "#ops-log")
BOTH = (*LOG, "--commands-channel", "#ops-commands")

#: What commands need in any kind of channel.
SCOPES = "chat:write files:write reactions:read reactions:write users:read".split()


def wrong(lines: list[str]) -> list[str]:
    """Return the lines that make the check fail, without that word."""
    return [line.removeprefix("WRONG  ") for line in lines if line.startswith("WRONG")]


def notes(lines: list[str]) -> list[str]:
    """Return the lines that are worth knowing, without that word."""
    return [line.removeprefix("note   ") for line in lines if line.startswith("note")]


def test_all_is_well(slack: LocalSlack, run: Run) -> None:
    """Who we are, what we may, both channels and everybody who may run commands: a line each."""
    group = slack.add_group("oncall", ["ada", "ben"])
    ended = run("check", *BOTH, "--allow", f"{slack.user_id('ada')},{group}")
    assert (ended.status, wrong(ended.out), ended.err) == (0, [], [])
    assert [line for line in ended.out if line.startswith("ok")] == [
        "ok     token: a bot's, from SLACK_BOT_TOKEN",
        f"ok     Slack: we are @ops ({slack.bot_user_id}) in the workspace Local Slack, https://local.slack.test/",
        "ok     clock: agrees with Slack's",
        f"ok     scopes: {', '.join([*SCOPES, 'usergroups:read'])} are there",
        f"ok     #ops-log: {slack.channel_id('ops-log')}, public, the bot is a member",
        f"ok     #ops-commands: {slack.channel_id('ops-commands')}, public, the bot is a member",
        f"ok     {group}: the user group @oncall may run commands; its members: 2",
        f"ok     {slack.user_id('ada')}: @ada may run commands",
    ]
    assert slack.calls("chat.postMessage") == []


def test_as_a_program_of_its_own_it_reads_the_environment(slack: LocalSlack, tmp_path: Path) -> None:
    """The token may come from a file; a status of 1 and one line tell that there is none."""
    file = tmp_path / "token"
    file.write_text(f"{slack.bot_token}\n")
    environ = {"SLACK_API_URL": slack.api_url, "SLACK_BOT_TOKEN_FILE": str(file), "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-m", "slack_logging", "check", *LOG]
    good = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=50, check=False)
    assert (good.returncode, good.stderr) == (0, "")
    assert f"ok     token: a bot's, from SLACK_BOT_TOKEN_FILE={file}\n" in good.stdout
    bad = subprocess.run(command, env={}, capture_output=True, text=True, timeout=50, check=False)
    assert (bad.returncode, bad.stderr) == (1, "")
    [line] = wrong(bad.stdout.splitlines())
    assert "no token: set SLACK_BOT_TOKEN to the app's Bot User OAuth Token (xoxb-...), or SLACK_BOT_TOKEN_FILE" in line


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", "token: no token: set SLACK_BOT_TOKEN to the app's"),
        (
            "xoxb-never-given-out",
            "Slack: auth.test: invalid_auth (Slack does not know the token from SLACK_BOT_TOKEN: is",
        ),
        (
            "xapp-1-A1-2-abc",
            "token: SLACK_BOT_TOKEN holds an app-level token, xapp-",
        ),
        (
            "xoxp-1-2",
            "token: SLACK_BOT_TOKEN holds a person's token, xoxp-...: it must be the app's Bot User OAuth Token",
        ),
        (
            "xoxs-1-2",
            "token: the token from SLACK_BOT_TOKEN is none of a bot: it must be the app's Bot User OAuth Token",
        ),
        ("hunter2", "token: SLACK_BOT_TOKEN holds no token of Slack's: it must be the app's"),
        (
            "'xoxb-1-2'",
            "token: SLACK_BOT_TOKEN is in quotation marks, which docker --env-file keeps",
        ),
    ],
)
def test_a_wrong_token_is_told_and_not_shown(
    slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch, token: str, says: str
) -> None:
    """Without one that works there is nothing more to look at."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", token)
    ended = run("check", *LOG)
    [line] = wrong(ended.out)
    assert (ended.status, line[: len(says)], ended.out[-1]) == (1, says, f"WRONG  {line}")
    assert not token or token not in "".join(ended.out)


def test_an_address_that_is_none_is_told_by_its_name(
    slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is not to blame."""
    monkeypatch.setenv("SLACK_API_URL", "127.0.0.1:8765/api/")
    [line] = wrong(run("check", *LOG).out)
    assert line.startswith("SLACK_API_URL: ")
    assert "SLACK_API_URL is no address, '127.0.0.1:8765/api/': one begins with https://, or on this machine" in line


def test_a_channel_is_told_with_the_nearest_that_there_is(slack: LocalSlack, run: Run) -> None:
    """Its names were listed anyway."""
    [line] = wrong(run("check", "--channel", "#opslog").out)
    assert line.startswith("#opslog: the bot sees no channel of that name (did you mean #ops-log?): check it, or")
    assert "lower case" not in line
    [line] = wrong(run("check", "--channel", "#OPS-LOG").out)
    assert "(did you mean #ops-log?): check it, or create it; names of channels are in lower case; if it" in line


def test_a_slack_that_cannot_be_reached_is_told(slack: LocalSlack, run: Run) -> None:
    """With its address, and where to look."""
    slack.close()
    ended = run("check", *LOG)
    [line] = wrong(ended.out)
    assert ended.status == 1
    address = f"no answer from {slack.api_url} (Connection refused)"
    assert line == f"Slack: auth.test: {address}: is slack-logging local running?"


@pytest.mark.parametrize(
    ("kind", "channel", "says"),
    [
        ({}, "#nope", "#nope: the bot sees no channel of that name: check it, or create it; if it is private, type"),
        ({}, "C0NOPE", "C0NOPE: the bot sees no channel of that id: check it; if it is private, type /invite @ops in"),
        ({"archived": True}, "#there", "#there: C0THERE00, public, is archived: unarchive it, or use another"),
        ({"archived": True}, "C0THERE00", "C0THERE00: C0THERE00, public, is archived: unarchive it, or use another"),
        ({"bot_is_member": False}, "there", "#there: C0THERE00, public: the bot is not a member: type /invite @ops in"),
        ({"bot_is_member": False}, "C0THERE00", "C0THERE00: C0THERE00, public: the bot is not a member: type /invite"),
        (
            {"bot_is_member": False, "private": True},
            "#there",
            "#there: the bot sees no channel of that name: check it, or create it; if it is private, type /invite @ops",
        ),
    ],
)
def test_a_channel_that_cannot_be_posted_to_is_told(
    slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch, kind: dict[str, bool], channel: str, says: str
) -> None:
    """Whether it is named or given by its id; nothing is tried there then."""
    if kind:
        assert slack.add_channel("there", **kind) == "C0THERE00"
    scopes = slack.app.scopes - {"chat:write.public"}
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.token(*scopes))
    ended = run("check", "--channel", channel, "--post")
    [line] = wrong(ended.out)
    assert (ended.status, line[: len(says)]) == (1, says)
    assert slack.calls("chat.postMessage") == []


def test_a_public_channel_may_do_without_the_bot(slack: LocalSlack, run: Run) -> None:
    """With chat:write.public it is posted to; that files are not attached there is a note."""
    slack.add_channel("there", bot_is_member=False)
    ended = run("check", "--channel", "#there")
    assert ended.status == 0
    assert "#there: C0THERE00, public: chat:write.public lets the bot post, but not attach files" in notes(ended.out)


def test_one_channel_for_both_is_told(slack: LocalSlack, run: Run) -> None:
    """Even where it is named in two ways."""
    ended = run("check", *LOG, "--commands-channel", slack.channel_id("ops-log"))
    [line] = wrong(ended.out)
    assert line.endswith("is the channel of records and of commands: use two")
    assert sum("the bot is a member" in line for line in ended.out) == 1


@pytest.mark.parametrize(
    ("without", "arguments", "why"),
    [
        ("chat:write", LOG, "needed to post records and replies"),
        ("files:write", LOG, "needed to attach a text that is too long for a message"),
        ("reactions:read", BOTH, "needed to see who mutes an error, or approves a command"),
        ("reactions:write", BOTH, "needed to mark commands with emoji"),
        ("users:read", (*BOTH, "--allow", "U0ADA0000"), "needed to tell people from guests, strangers and bots"),
        ("usergroups:read", (*BOTH, "--allow", "S0ONCALL0"), "needed to know who is in a user group that is allowed"),
        ("channels:history", BOTH, "needed to read what is typed in a public channel"),
        (
            "groups:history",
            (*LOG, "--commands-channel", "#secret"),
            "needed to read what is typed in a private channel",
        ),
    ],
)
def test_a_missing_scope_is_named_with_its_reason(
    slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch, without: str, arguments: tuple[str, ...], why: str
) -> None:
    """One line, though more depends on it."""
    slack.add_group("oncall", ["ada"])
    slack.add_channel("secret", private=True)
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.token(*(slack.app.scopes - {without})))
    ended = run("check", *arguments)
    assert ended.status == 1
    remedy = "add it to the app and install that again; slack-logging manifest prints them all"
    assert wrong(ended.out) == [f"scope {without}: missing, and {why}: {remedy}"]


def test_logging_alone_needs_two_scopes(slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The channel cannot be looked at then, and --post tries it."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.token("chat:write", "files:write"))
    ended = run("check", *LOG, "--post")
    assert (ended.status, wrong(ended.out)) == (0, [])
    assert "#ops-log: cannot be looked at without channels:read; --post shows whether posting works" in notes(ended.out)
    assert ended.out[-1] == "ok     #ops-log: posted a message and deleted it"


def test_commands_need_their_channel_to_be_found(slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name that takes a scope, by its id it does not."""
    monkeypatch.setenv(
        "SLACK_BOT_TOKEN",
        slack.token(*SCOPES, "channels:history"),
    )
    named = run("check", *BOTH)
    [line] = wrong(named.out)
    assert line.startswith("scope channels:read: missing, and needed to find a public channel by its name: ")
    given = run("check", "--commands-channel", slack.channel_id("ops-commands"))
    assert (given.status, wrong(given.out)) == (0, [])


def test_all_scopes_that_are_missing_are_named_at_once(
    slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the app is installed again once."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.token("im:read"))
    first = run("check", *BOTH)
    named = [line.split(": missing")[0].removeprefix("scope ") for line in wrong(first.out)]
    assert sorted(named) == [
        "channels:history",
        "channels:read",
        "chat:write",
        "files:write",
        "reactions:read",
        "reactions:write",
        "users:read",
    ]
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.token(*named))
    second = run("check", *BOTH)
    assert (second.status, wrong(second.out)) == (0, [])


@pytest.mark.parametrize(
    ("scopes", "says"),
    [
        (
            ["groups:read", "groups:history"],
            "channels:read, and is read with channels:history: add it",
        ),
        (
            ["groups:read", "groups:history", "channels:history"],
            "channels:read: add it",
        ),
    ],
)
def test_a_channel_that_another_kind_of_scope_hides_is_told_with_all_it_takes(
    slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch, scopes: list[str], says: str
) -> None:
    """What it is read with, too."""
    scopes = [*scopes, "chat:write", "files:write", "reactions:read", "reactions:write", "users:read"]
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.token(*scopes))
    ended = run("check", "--commands-channel", "#ops-commands")
    [line] = wrong(ended.out)
    unseen = "#ops-commands: the bot sees no channel of that name: check it, or create it; a public one shows only with"
    assert line.startswith(f"{unseen} {says}")


@pytest.mark.parametrize(("url", "expected"), [("https://slack.com/api/", 1), ("http://127.0.0.1:8765/api/", 0)])
def test_scopes_that_are_not_needed_are_a_note(clock: FakeClock, url: str, expected: int) -> None:
    """Of a Slack on this machine they are none: it gives all it knows."""
    client = connect("xoxb-1-2", url, clock)
    scopes = frozenset({"chat:write", "files:write", "im:read", "pins:write"})
    found = [str(finding) for finding in _scopes(_Reached(client, url, {}, scopes), Wanted(channels=("#ops-log",)))]
    assert found[1:] == ["note   scopes: nothing here needs im:read, pins:write"] * expected


def test_post_really_posts_and_deletes(slack: LocalSlack, run: Run) -> None:
    """Nothing is left in the channel; what Slack refuses is told."""
    assert run("check", *LOG, "--post").status == 0
    assert [call.error for call in slack.calls("chat.postMessage") + slack.calls("chat.delete")] == [None, None]
    assert slack.messages("#ops-log") == []
    slack.fault("chat.postMessage", Fault.error("restricted_action"))
    ended = run("check", *LOG, "--post")
    [line] = wrong(ended.out)
    assert line == "#ops-log: chat.postMessage: restricted_action (a workspace rule forbids the bot to post there)"


@pytest.mark.parametrize(
    ("add", "says"),
    [
        (lambda slack: slack.add_user("dee", deactivated=True), "WRONG  {id}: @dee is deactivated and may run nothing"),
        (lambda _: "U0NOBODY0", "WRONG  {id}: Slack knows nobody of that id: check it, or take it out"),
        (lambda _: "B0NOBODY0", "WRONG  {id}: Slack knows nobody of that id: check it, or take it out"),
        (lambda _: "S0NOBODY0", "WRONG  {id}: Slack knows no user group of that id: check it, or take it out"),
        (
            lambda slack: slack.add_group("gone", ["ada"], disabled=True),
            "WRONG  {id}: the user group @gone is disabled",
        ),
        (lambda slack: slack.add_group("empty", []), "note   {id}: the user group @empty has no members"),
        (lambda slack: slack.add_user("gus", guest=True), "note   {id}: @gus is a guest, and may, as it is named by"),
        (lambda slack: slack.add_user("ext", external=True), "note   {id}: @ext is of another workspace, and may,"),
        (lambda slack: slack.add_user("robo", bot=True), "note   {id}: @robo is a bot, and may, as it is named by"),
        (lambda slack: slack.bot_id, "note   {id}: the bot ops: it may, as it is named by its id"),
    ],
)
def test_who_may_run_commands_is_looked_up(
    slack: LocalSlack, run: Run, add: Callable[[LocalSlack], str], says: str
) -> None:
    """An id that allows nobody is wrong; one that allows more than a plain member is a note."""
    id_ = add(slack)
    ended = run("check", *BOTH, "--allow", id_)
    expected = says.format(id=id_)
    assert ended.out[-1][: len(expected)] == expected
    assert ended.status == says.startswith("WRONG")


def test_a_name_in_allow_is_told_with_how_to_get_the_id(slack: LocalSlack, run: Run) -> None:
    """As one of the lines: all else is looked at."""
    ended = run("check", *BOTH, "--allow", "@ada")
    [line] = wrong(ended.out)
    assert (ended.status, ended.err) == (1, [])
    assert line.startswith("--allow: '@ada' is no id of a user")
    assert [line.split(": ")[0] for line in ended.out if " #" in line] == ["ok     #ops-log", "ok     #ops-commands"]


@pytest.mark.parametrize(("moved", "says"), [(600.0, "600 s ahead of"), (-60.0, "60 s behind")])
def test_a_clock_that_is_off_is_a_note(
    slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch, moved: float, says: str
) -> None:
    """How much, and to which side."""
    with FakeClock(epoch=time.time() + moved):
        ended = run("check", *LOG)
    [line] = [line for line in notes(ended.out) if line.startswith("clock")]
    amount = float(line.split(" s ")[0].rsplit(" ", 1)[1])
    assert ended.status == 0
    assert abs(amount - abs(moved)) <= 30
    assert (says.split(" s ")[1] in line, "set it, or have NTP set it" in line) == (True, True)


def test_that_no_channel_is_looked_at_is_a_note(slack: LocalSlack, run: Run) -> None:
    """Else a check of the token alone would read as one of everything."""
    says = "channels: none is given, so none is looked at: add --channel and --commands-channel, or --config"
    alone = run("check")
    assert (alone.status, wrong(alone.out), says in notes(alone.out)) == (0, [], True)
    for option in (LOG, BOTH[2:], ("--webhook-url", slack.webhook_url("#ops-log"))):
        assert not any(line.startswith("channels: ") for line in notes(run("check", *option).out))


def test_commands_for_nobody_are_a_note(slack: LocalSlack, run: Run) -> None:
    """As a program has to say who may."""
    ended = run("check", *BOTH)
    assert (ended.status, notes(ended.out)[0]) == (
        0,
        "--allow: is not given: commands need `allow`, the ids of those who may; give them, to be checked",
    )
    assert not any("--allow" in line for line in run("check", *LOG).out)
    assert not any("--allow" in line for line in run("check", *BOTH, "--allow", slack.user_id("ada")).out)


def test_commands_that_are_off_are_a_note(slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As programs with this environment read none."""
    monkeypatch.setenv("SLACK_LOGGING_COMMANDS", " off")
    ended = run("check", *BOTH)
    assert (ended.status, notes(ended.out)[0].startswith("SLACK_LOGGING_COMMANDS: is off")) == (0, True)
    monkeypatch.setenv("SLACK_LOGGING_COMMANDS", "0")
    ended = run("check", *BOTH)
    assert ended.status == 1
    assert "WRONG  environment: SLACK_LOGGING_COMMANDS='0': expected off, or on: programs" in ended.out[0]


def test_a_channel_far_down_the_list_is_found_through_the_pages(slack: LocalSlack, run: Run) -> None:
    """Among the bot's own, whatever their number."""
    for number in range(1010):
        slack.add_channel(f"c{number}")
    ended = run("check", "--channel", "#c1009")
    assert (ended.status, len(slack.calls("users.conversations"))) == (0, 2)


def test_the_app_token_is_tried(slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where commands are read: no connection is made, which would take events from a program that runs."""
    assert "Socket Mode" not in "".join(run("check", *LOG).out)
    says = "Socket Mode: is off, as there is no SLACK_LOGGING_APP_TOKEN: commands are polled for"
    assert says in notes(run("check", *BOTH).out)
    monkeypatch.setenv("SLACK_LOGGING_APP_TOKEN", slack.app_token)
    good = run("check", *BOTH)
    assert "ok     Socket Mode: opens with the app token from SLACK_LOGGING_APP_TOKEN" in good.out
    assert (slack.sockets(), wrong(good.out)) == ([], [])


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("xapp-1-s3cret", "invalid_auth (Slack does not know the token from SLACK_LOGGING_APP_TOKEN: is it revoked"),
        ("xoxb-1-s3cret", "(SLACK_LOGGING_APP_TOKEN holds a bot's token, xoxb-...: it must be an app-level token"),
    ],
)
def test_a_wrong_app_token_is_wrong(
    slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch, token: str, says: str
) -> None:
    """In a line, without the token."""
    monkeypatch.setenv("SLACK_LOGGING_APP_TOKEN", token)
    ended = run("check", *BOTH)
    [line] = wrong(ended.out)
    assert (ended.status, line.startswith("Socket Mode: "), says in line, "s3cret" in line) == (1, True, True, False)


def test_socket_mode_that_is_off_is_wrong(slack: LocalSlack, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets an app token means to use it."""
    monkeypatch.setenv("SLACK_LOGGING_APP_TOKEN", slack.app_token)
    slack.disable_socket_mode()
    [line] = wrong(run("check", *BOTH).out)
    assert line.startswith("Socket Mode: apps.connections.open: ")
