"""The client: one attempt a call, honest errors, one pace for all who share a token."""

from __future__ import annotations

import logging
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from slack_logging.errors import DeliveryError, RateLimited, Rejected, Unreachable
from slack_logging.local import Fault, LocalSlack
from slack_logging.slack.client import SlackClient, connect, is_channel_id
from slack_logging.slack.credentials import find_token, is_loopback
from slack_logging.slack.transport import retry_after
from slack_logging.testing import FakeClock


@pytest.fixture
def client(slack: LocalSlack, clock: FakeClock) -> SlackClient:
    """Connect to the local Slack."""
    return connect(slack.bot_token, slack.api_url, clock)


def post(client: SlackClient) -> dict[str, object]:
    return client.call("chat.postMessage", channel="#ops-log", text="hi")


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (Fault.rate_limited(7), RateLimited, "chat.postMessage: rate limited, retry after 7 s"),
        (Fault.server_error(500), Unreachable, "chat.postMessage: HTTP 500, "),
        (Fault.error("internal_error"), Unreachable, "chat.postMessage: Slack says internal_error"),
        (Fault.server_error(503), Unreachable, "chat.postMessage: HTTP 503, "),
        (Fault.cut_before(), Unreachable, "chat.postMessage: "),
        (Fault.cut_after(), Unreachable, "chat.postMessage: "),
    ],
)
def test_a_fault_is_one_of_ours_after_one_attempt(
    slack: LocalSlack, client: SlackClient, fault: Fault, error: type[DeliveryError], says: str
) -> None:
    """Nothing is tried again behind the caller's back."""
    slack.fault("chat.postMessage", fault)
    with pytest.raises(error) as caught:
        post(client)
    assert str(caught.value).startswith(says)
    assert len(slack.calls("chat.postMessage")) == 1


def test_what_is_fine_raises_nothing(client: SlackClient) -> None:
    """The answer is Slack's."""
    assert post(client)["ok"] is True


def test_a_refusal_has_slacks_code_and_a_remedy(slack: LocalSlack, client: SlackClient) -> None:
    """What to do is said with it."""
    slack.archive("#ops-log")
    with pytest.raises(Rejected, match=r"is_archived .*unarchive it or configure another") as caught:
        post(client)
    assert caught.value.code == "is_archived"


@pytest.mark.parametrize(
    ("channel", "hint"), [("#Ops-Log", "; names of channels are in lower case"), ("#ops", ""), ("C0NOPE000", "")]
)
def test_a_name_that_no_channel_can_have_is_told(client: SlackClient, channel: str, hint: str) -> None:
    """Whoever wrote it with capitals is told that names have none."""
    with pytest.raises(Rejected) as caught:
        client.call("chat.postMessage", channel=channel, text="x")
    assert str(caught.value).endswith(f"/invite the bot if it is private{hint})")
    if channel.startswith("#"):
        with pytest.raises(Rejected) as caught:
            client.channel_id(channel)
        assert str(caught.value).endswith(f"create it, or /invite the bot{hint})")


def test_https_where_http_is_served_is_told(slack: LocalSlack, clock: FakeClock) -> None:
    """OpenSSL's words for it say nothing to most people."""
    with pytest.raises(Unreachable, match=r"speaks http, not https: should the address begin with http://\?"):
        post(connect("xoxb-test-bot", slack.api_url.replace("http:", "https:"), clock))


def test_an_archived_channel_is_said_to_be_archived(slack: LocalSlack, client: SlackClient) -> None:
    """Also when it is looked up by its name."""
    slack.archive("#ops-log")
    with pytest.raises(Rejected, match=r"users\.conversations: is_archived .*unarchive it or configure another"):
        client.channel_id("#ops-log")


def test_of_missing_scopes_those_of_the_manifest_are_named(slack: LocalSlack, clock: FakeClock) -> None:
    """Slack lists those for kinds of conversations, too, that nobody asked for."""
    client = connect(slack.token("chat:write"), slack.api_url, clock)
    with pytest.raises(Rejected) as refusal:
        client.channel_id("#ops-log")
    assert refusal.value.hint == (
        "add the scopes to the app and install it again: channels:read, groups:read; "
        "slack-logging check lists all that are missing"
    )


def test_a_missing_scope_is_named(slack: LocalSlack, clock: FakeClock) -> None:
    """The error says which one to add."""
    client = connect(slack.token("channels:read"), slack.api_url, clock)
    told = r"missing_scope \(add the scope to the app and install it again: chat:write; slack-logging check lists all"
    with pytest.raises(Rejected, match=told):
        post(client)
    slack.fault("auth.test", Fault.error("missing_scope"))
    with pytest.raises(Rejected, match=r"and install it again: slack-logging check says which\)"):
        client.call("auth.test")


@pytest.mark.parametrize("token", ["xoxb-test-secret\nx", "xoxb-test-secret\u2603", "xoxb-test-secret xoxb-other"])
def test_what_is_no_token_is_never_shown(token: str, clock: FakeClock, slack: LocalSlack) -> None:
    """The complaint says what is wrong with it and leaves out what it holds."""
    with pytest.raises(Rejected, match="token= holds a line break, a blank") as caught:
        connect(token, slack.api_url, clock)
    assert "secret" not in str(caught.value)


def test_a_page_instead_of_an_answer_is_told_in_words(slack: LocalSlack, clock: FakeClock) -> None:
    """Nobody reads HTML on stderr."""
    slack.fault("*", Fault.server_error(502))
    with pytest.raises(Unreachable) as caught:
        connect(slack.bot_token, slack.api_url, clock).call("auth.test")
    assert str(caught.value) == "auth.test: HTTP 502, with a text that is no JSON"


def test_what_is_no_slack_is_told(slack: LocalSlack, clock: FakeClock) -> None:
    """An address that knows none of Slack's methods is wrong until somebody mends it; it is not out of reach."""
    with pytest.raises(Rejected, match=r"http_404 \(is that a Slack\? api_url, or else SLACK_API_URL, ends in /api/\)"):
        post(connect(slack.bot_token, slack.url, clock))


@pytest.mark.parametrize(
    ("token", "held", "says"),
    [
        ("xapp-1-A1-secret", None, "not_allowed_token_type (token= holds an app-level token, xapp-...: it must be the"),
        (None, "xapp-1-A1-secret\n", "not_allowed_token_type (SLACK_BOT_TOKEN_FILE={path} holds an app-level token,"),
        (None, "xoxe-1-secret\n", "invalid_auth (SLACK_BOT_TOKEN_FILE={path} holds a refresh token, xoxe-...: it must"),
        (None, "secret\n", "invalid_auth (SLACK_BOT_TOKEN_FILE={path} holds no token of Slack's: it must be the app's"),
        (
            None,
            '"xoxb-test-secret"',
            "invalid_auth (SLACK_BOT_TOKEN_FILE={path} is in quotation marks, which docker --env",
        ),
        (None, " \n", "not_authed (SLACK_BOT_TOKEN_FILE={path} is empty: put the app's Bot User OAuth Token"),
        (None, None, "not_authed (no token: set token= or SLACK_BOT_TOKEN to the app's Bot User OAuth Token"),
        ("xoxp-test-secret", None, "invalid_auth (token= holds a person's token, xoxp-...: it must be the app's Bot"),
        (
            "xoxb-test-unknown-secret",
            None,
            (
                "invalid_auth (Slack does not know the token from token=: is it revoked, or another workspace's? "
                "A Slack on this machine takes only its own, which slack-logging local prints)"
            ),
        ),
        (None, "xoxb-test-secret", "invalid_auth (Slack does not know the token from SLACK_BOT_TOKEN_FILE={path}: is"),
    ],
)
def test_a_token_that_will_not_do_is_told(
    slack: LocalSlack,
    clock: FakeClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    token: str | None,
    held: str | None,
    says: str,
) -> None:
    """With where it is from, or both places where one is given, and without the token itself."""
    file = tmp_path / "token"
    if held is not None:
        file.write_text(held)
        monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(file))
    with pytest.raises(Rejected) as caught:
        connect(token, slack.api_url, clock).identity()
    assert str(caught.value).startswith("auth.test: " + says.format(path=file))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nosuch", "not_authed (SLACK_BOT_TOKEN_FILE=nosuch cannot be read: No such file or directory)"),
        ("/", "not_authed (SLACK_BOT_TOKEN_FILE=/ cannot be read: Is a directory)"),
        (
            "xoxb-test-secret",
            "not_authed (SLACK_BOT_TOKEN_FILE holds a token: set SLACK_BOT_TOKEN to it, or this to the",
        ),
    ],
)
def test_a_token_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, path: str, says: str) -> None:
    """Unless a token stands there by mistake."""
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", path)
    with pytest.raises(Rejected) as caught:
        find_token()
    assert str(caught.value).startswith(f"auth.test: {says}")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (
            "http://127.0.0.1:9/api/",
            "no answer from http://127.0.0.1:9/api/ (Connection refused): is slack-logging local running?",
        ),
        (
            "http://me:secret@slack.invalid/api/",
            "no answer from http://...@slack.invalid/api/ (InvalidURL): is there a network, a proxy, a firewall?",
        ),
    ],
)
def test_nobody_answers(clock: FakeClock, url: str, says: str) -> None:
    """A transient fault, said with the address and where to look."""
    with pytest.raises(Unreachable) as caught:
        post(connect("xoxb-test-bot", url, clock))
    assert str(caught.value) == f"chat.postMessage: {says}"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8765/api/", True),
        ("http://LOCALHOST/api/", True),
        ("https://[::1]:1/api/", True),
        ("https://slack.com/api/", False),
        ("http://localhost.example.com/api/", False),
        ("http://127.0.0.1@example.com/api/", False),
    ],
)
def test_what_is_on_this_machine_is_known(url: str, expected: bool) -> None:
    """By its address alone."""
    assert is_loopback(url) is expected


def test_a_local_slack_that_hangs_up_is_running(slack: LocalSlack, client: SlackClient) -> None:
    """Nobody is sent to start it."""
    slack.fault("chat.postMessage", Fault.cut_before())
    with pytest.raises(Unreachable, match=r"no answer from http://127\.0\.0\.1:\d+/api/ \(.+\)$"):
        post(client)


@pytest.mark.parametrize("code", ["token_revoked", "team_disabled", "not_allowed_token_type"])
def test_what_became_of_a_token_is_told(slack: LocalSlack, client: SlackClient, code: str) -> None:
    """By what Slack says of it, with where it is from, or whom to ask."""
    says = {
        "token_revoked": "the token from token= was revoked or has expired, or its app was removed: install that, use",
        "team_disabled": "ask those who administer the workspace",
        "not_allowed_token_type": "the token from token= is none of a bot: it must be the app's Bot User OAuth Token",
    }
    slack.fault("chat.postMessage", Fault.error(code))
    with pytest.raises(Rejected, match=rf"^chat.postMessage: {code} \({says[code]}"):
        post(client)


def test_slack_sdk_stays_silent(slack: LocalSlack, client: SlackClient, caplog: pytest.LogCaptureFixture) -> None:
    """It would write whole messages and URLs at DEBUG, and each failure at ERROR."""
    caplog.set_level(logging.DEBUG)
    slack.fault("chat.postMessage", Fault.cut_before())
    with pytest.raises(Unreachable):
        post(client)
    post(client)
    assert caplog.records == []


def test_deliver_waits_for_the_pace_and_forretry_after(
    slack: LocalSlack, client: SlackClient, clock: FakeClock
) -> None:
    """Five posts take four seconds; a 429 in between is waited out."""
    for _ in range(5):
        client.deliver("chat.postMessage", channel="#ops-log", text="hi")
    assert clock.monotonic() == 4
    slack.fault("chat.postMessage", Fault.rate_limited(20))
    client.deliver("chat.postMessage", channel="#ops-log", text="hi")
    assert 25 <= clock.monotonic() <= 28
    assert [call.status for call in slack.calls("chat.postMessage")] == [200] * 5 + [429, 200]


def test_deliver_gives_up_in_time(slack: LocalSlack, client: SlackClient, clock: FakeClock) -> None:
    """The last failure is raised once `timeout` would be over."""
    slack.fault("reactions.add", Fault.server_error(times=None))
    with pytest.raises(Unreachable):
        client.deliver("reactions.add", timeout=10, channel="C1", timestamp="1.1", name="eyes")
    assert clock.monotonic() <= 10
    assert 3 <= len(slack.calls("reactions.add")) <= 5


def test_who_connects_with_the_same_token_shares_the_client(slack: LocalSlack, clock: FakeClock) -> None:
    """One pace a token: handlers and sources do not earn 429s for each other."""
    same = [connect(slack.bot_token, slack.api_url, clock) for _ in range(2)]
    other = connect(slack.token("chat:write"), slack.api_url, clock)
    assert same[0] is same[1]
    assert other is not same[0]


def test_a_channel_is_found_by_name_among_many(slack: LocalSlack, client: SlackClient) -> None:
    """All pages are looked at, once; an id needs no look."""
    ids = {f"team-{number}": slack.add_channel(f"team-{number}") for number in range(250)}
    assert client.channel_id("#team-249") == ids["team-249"]
    assert client.channel_id("team-0") == ids["team-0"]
    assert client.channel_id("C024BE7LH") == "C024BE7LH"
    assert len(slack.calls("users.conversations")) == 2
    with pytest.raises(Rejected, match="the bot is in no channel named #nowhere"):
        client.channel_id("#nowhere")


def test_public_channels_are_found_without_the_scope_for_private_ones(slack: LocalSlack, clock: FakeClock) -> None:
    """The scope `groups:read` is for those who log to a private channel."""
    client = connect(slack.token("channels:read"), slack.api_url, clock)
    assert client.channel_id("#ops-log") == slack.channel_id("ops-log")
    slack.add_channel("secret", private=True)
    with pytest.raises(Rejected, match="the bot is in no channel named #secret"):
        client.channel_id("#secret")


def test_a_name_is_looked_up_again_once_its_id_is_unknown(slack: LocalSlack, client: SlackClient) -> None:
    """A channel that was deleted and made anew has another id."""
    former = slack.add_channel("team")
    assert client.channel_id("#team") == former
    del slack.workspace.channels[former]
    with pytest.raises(Rejected, match="channel_not_found"):
        client.deliver("conversations.history", channel=former)
    with pytest.raises(Rejected, match="the bot is in no channel named #team"):
        client.channel_id("#team")


@pytest.fixture
def fresh_urllib() -> Iterator[None]:
    """Have urllib read the proxies anew: it does so once in a process."""
    urllib.request.install_opener(None)
    yield
    urllib.request.install_opener(None)


def test_a_proxy_is_bypassed_where_no_proxy_says_so(
    slack: LocalSlack, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, fresh_urllib: None
) -> None:
    """NO_PROXY counts, and the local Slack's own environment names this machine in it."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "db.internal")
    client = connect(slack.bot_token, slack.api_url, clock)
    with pytest.raises(Unreachable):
        client.deliver("auth.test", timeout=0)
    monkeypatch.setenv("NO_PROXY", slack.environ["NO_PROXY"])
    assert slack.environ["NO_PROXY"].startswith("db.internal,127.0.0.1")
    assert client.identity().user_id == slack.bot_user_id


def test_we_know_who_we_are(slack: LocalSlack, client: SlackClient) -> None:
    """Asked once."""
    assert [client.identity().user_id for _ in range(3)] == [slack.bot_user_id] * 3
    assert client.identity().bot_id == slack.bot_id
    assert len(slack.calls("auth.test")) == 1


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, {}, 7),
        ({"retry-after": "0"}, {}, 0),
        ({"RETRY-AFTER": "1.5"}, {}, 1.5),
        ({}, {"retry_after": 4}, 4),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, {}, 30),
        ({"Retry-After": "-3"}, {}, 30),
        ({"Retry-After": "1e9"}, {}, 3600),
        ({"Retry-After": "nan"}, {}, 30),
        ({}, {}, 30),
    ],
)
def test_retry_after_is_read_from_wherever_it_stands(
    headers: dict[str, str], body: dict[str, int], seconds: float
) -> None:
    """Missing or mad figures become a sensible wait."""
    assert retry_after(headers, body) == seconds


@pytest.mark.parametrize(
    ("channel", "is_id"),
    [
        ("C024BE7LH", True),
        ("G0123", True),
        ("D0123", True),
        ("#ops", False),
        ("ops", False),
        ("c024be7lh", False),
        ("", False),
    ],
)
def test_ids_and_names_are_told_apart(channel: str, is_id: bool) -> None:
    """Names hold no capitals."""
    assert is_channel_id(channel) is is_id
