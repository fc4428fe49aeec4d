"""Webhooks on the command line: `check` sends what is refused, `send` sends lines; neither shows the address."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slack_logging.local import Fault, LocalSlack, visible_text
from slack_logging.testing import FakeClock
from tests.chats import Chat, Discord, Mattermost
from tests.console.conftest import Ended, Run
from tests.console.test_config import Written, config_of, written

__all__ = ["written"]

GONE = "the webhook is gone, or its address is wrong: make a new one and use its address"


@pytest.fixture
def slack(clock: FakeClock) -> Iterator[LocalSlack]:
    """Run a Slack on the test's clock, rate limits on, of which the environment knows nothing."""
    with LocalSlack(clock=clock) as local:
        yield local


@pytest.fixture
def url(slack: LocalSlack) -> str:
    return slack.webhook_url("#ops-log")


@pytest.fixture
def sent(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Return a function that sends what standard input has."""

    def sent(content: str, *options: str) -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
        return run("send", *options)

    return sent


def test_a_good_webhook_refuses_what_is_empty(slack: LocalSlack, url: str, run: Run) -> None:
    """Nobody sees anything, and no token is asked for."""
    ended = run("check", "--webhook-url", url)
    assert (ended.status, ended.err) == (0, [])
    [line] = ended.out
    assert line.startswith("ok     webhook ")
    assert line.endswith(" at 127.0.0.1: Slack knows it: it refused a message without content")
    assert slack.messages("#ops-log") == []


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault.error("no_service"), f"webhook: no_service ({GONE})"),
        (Fault.rate_limited(9), "webhook: rate limited, retry after 9 s"),
        (Fault.server_error(503), "webhook: HTTP 503"),
    ],
)
def test_what_is_wrong_with_a_webhook_is_told(slack: LocalSlack, url: str, run: Run, fault: Fault, says: str) -> None:
    """In a line, with what to do, and without the address."""
    slack.fault("webhook", fault)
    ended = run("check", "--webhook-url", url)
    assert (ended.status, ended.err) == (1, [])
    [line] = ended.out
    assert line.startswith("WRONG  webhook ")
    assert line.endswith(f" at 127.0.0.1: {says}")
    assert url.rpartition("/")[2] not in line


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (Discord, "ok     {name}: Discord knows it: it refused a message without content"),
        (Mattermost, "note   {name}: answers; whether it knows this webhook shows only when something is posted"),
    ],
)
def test_others_are_checked_as_far_as_they_tell(clock: FakeClock, run: Run, kind: type[Chat], line: str) -> None:
    """Mattermost looks at the message before it looks whom it is for."""
    with kind(clock) as chat:
        ended = run("check", "--webhook-url", chat.url)
        assert (ended.status, chat.texts) == (0, [])
        name = ended.out[0][7:].partition(":")[0]
        assert ended.out == [line.format(name=name)]


class Lenient(Mattermost):
    """Takes anything."""

    def refusal(self, path: str, payload: dict[str, Any] | None) -> None:
        """See `Chat`."""


def test_what_takes_anything_tells_nothing(clock: FakeClock, run: Run) -> None:
    """So the check says that it does not know."""
    with Lenient(clock) as chat:
        ended = run("check", "--webhook-url", chat.url)
    assert ended.status == 0
    assert ended.out[0].endswith(": took a message without content: whether people see others is not known")


def test_a_config_with_a_webhook_is_checked(slack: LocalSlack, url: str, run: Run, written: Written) -> None:
    """Its webhook, and its commands' channel where it has any; each once."""
    commands = {"channel": "#ops-commands", "allow": [slack.user_id("ada")]}
    by_webhook: dict[str, Any] = {"class": "slack_logging.SlackHandler", "webhook_url": url}
    token = {"token": slack.bot_token, "api_url": slack.api_url}
    config = config_of(token, second=by_webhook, third={**by_webhook, **token, "commands": commands})
    config["root"]["handlers"] = ["second"]
    ended = run("check", "--config", written(config))
    assert (ended.status, ended.err) == (0, [])
    assert [line.partition(" at ")[0][:30] for line in ended.out if "handler second:" in line] == [
        "ok     handler second: a Slack"
    ]
    assert len([line for line in ended.out if "refused a message without content" in line]) == 1
    assert any("logger root: INFO and above reach webhook " in line for line in ended.out)
    assert any(line.startswith("ok     #ops-commands: ") for line in ended.out)
    assert url.rpartition("/")[2] not in "".join(ended.out)


def test_a_wrong_address_in_a_config_is_told(run: Run, written: Written) -> None:
    """As the program would be told, without what is secret."""
    wrong: dict[str, Any] = {
        "class": "slack_logging.SlackHandler",
        "webhook_url": "https://discord.com/api/webhooks/1/s3cr3t",
    }
    ended = run("check", "--config", written({"version": 1, "handlers": {"slack": wrong}}))
    assert ended.status == 1
    assert ended.out[0].startswith("WRONG  handler slack: webhook_url: Discord takes Slack's messages at")
    assert "s3cr3t" not in "".join(ended.out)


def test_lines_are_sent_by_webhook(slack: LocalSlack, url: str, sent: Callable[..., Ended]) -> None:
    """Without a token; every line is accounted for."""
    ended = sent("one\ntwo\n", "--webhook-url", url)
    assert ended == (0, [], ["slack-logging send: 2 lines read: 2 shown"])
    assert "stdin one" in visible_text(slack.messages("#ops-log")[0])


def test_the_address_may_stand_in_a_file(
    slack: LocalSlack, url: str, sent: Callable[..., Ended], run: Run, tmp_path: Path
) -> None:
    """Then the list of processes does not show it."""
    (tmp_path / "hook").write_text(f"{url}\n")
    assert run("check", "--webhook-url", f"@{tmp_path / 'hook'}").status == 0
    assert sent("one\n", "--webhook-url", f"@{tmp_path / 'hook'}").status == 0
    missing = run("check", "--webhook-url", f"@{tmp_path / 'nothing'}")
    assert (missing.status, missing.out) == (1, [])
    assert missing.err == [
        f"slack-logging check: --webhook-url @{tmp_path / 'nothing'}: cannot be read: No such file or directory"
    ]


def test_as_much_as_there_is_is_sent(clock: FakeClock, sent: Callable[..., Ended]) -> None:
    """Reading waits for the chat, so that nothing becomes a digest."""
    with Discord(clock) as chat:
        ended = sent("".join(f"{number:04} {'x' * 200}\n" for number in range(400)), "--webhook-url", chat.url)
        assert (ended.status, ended.err[-1]) == (0, "slack-logging send: 400 lines read: 400 shown")
        rows = [row for row in chat.rows() if " stdin " in row]
        assert [row.partition(" stdin ")[2][:4] for row in rows] == [f"{number:04}" for number in range(400)]


@pytest.mark.parametrize(
    "given", [(), ("--channel", "#ops-log", "--webhook-url", "https://chat.example.com/hooks/s3cr3t")]
)
def test_exactly_one_of_channel_and_webhook_is_given(
    sent: Callable[..., Ended], capfd: pytest.CaptureFixture[str], given: tuple[str, ...]
) -> None:
    """The command line says which."""
    with pytest.raises(SystemExit):
        sent("", *given)
    said = capfd.readouterr().err
    assert "--webhook-url" in said
    assert "s3cr3t" not in said
