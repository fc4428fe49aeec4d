"""Half an emoji, a lone surrogate, whichever way it comes in."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from slack_logging.local import LocalSlack
from tests.local.conftest import ask_sync, exchange

HALF, SIGN = "half \ud83d", "half \ufffd"


@pytest.mark.parametrize(
    "act",
    [
        lambda slack: slack.say("#ops-log", HALF, user="ada"),
        lambda slack: slack.say("#ops-log", HALF, integration="Jenkins", raw=True),
        lambda slack: slack.say("#ops-log", HALF, user="ada", blocks=[{"type": "x", "\ud83d": [HALF]}]),
        lambda slack: slack.edit("#ops-log", slack.say("#ops-log", "x", user="ada"), HALF),
        lambda slack: slack.preload("#ops-log", [HALF]),
        lambda slack: slack.preload("#ops-log", [{"text": HALF, "blocks": [{"type": "x", "text": HALF}]}]),
        lambda slack: ask_sync(slack)("chat_postMessage", channel="#ops-log", text=HALF),
        lambda slack: ask_sync(slack)("chat_postMessage", channel="#ops-log", text=SIGN, metadata=metadata(HALF)),
        lambda slack: post(slack, slack.webhook_url("#ops-log"), json.dumps({"text": HALF}).encode()),
        lambda slack: post(slack, slack.webhook_url("#ops-log"), b'{"text": "half \xed\xa0\xbd"}'),
        lambda slack: post(
            slack, "/page/say", json.dumps({"channel": "ops-log", "user": "U0ADA0000", "text": HALF}).encode()
        ),
    ],
)
def test_half_an_emoji_is_shown_as_a_sign_for_it(slack: LocalSlack, act: Callable[[LocalSlack], object]) -> None:
    """A lone surrogate is U+FFFD from where it comes in, from Python and over HTTP: every answer is good UTF-8."""
    act(slack)
    [message] = slack.messages("#ops-log")
    json.dumps(message, ensure_ascii=False).encode()
    assert SIGN == message["text"]
    json.dumps([dict(call.args) for call in slack.calls()], ensure_ascii=False).encode()


def metadata(text: str) -> dict[str, object]:
    """Return metadata with a text deep in it."""
    return {"event_type": "a", "event_payload": {text: [{"t": text}]}}


def post(slack: LocalSlack, path: str, body: bytes) -> None:
    """Post JSON."""
    assert 200 == exchange(slack, "POST", path, body, {"Content-Type": "application/json"})[0]


def test_groups_and_integrations_may_be_named_by_half_an_emoji(slack: LocalSlack) -> None:
    """The same name means the same group or bot again, and every answer is good UTF-8."""
    assert slack.add_group(HALF, ["ada"]) == slack.add_group(HALF, ["ben"])
    ask = ask_sync(slack, slack.token("usergroups:read", "users:read"))
    [group] = ask("usergroups_list")["usergroups"]
    assert SIGN == group["handle"]
    for _ in range(2):
        slack.say("#ops-log", "x", integration=HALF)
    [bot] = {message["bot_id"] for message in slack.messages("#ops-log")}
    assert SIGN == ask("bots_info", bot=bot)["bot"]["name"]


def test_a_file_may_be_named_by_half_an_emoji(slack: LocalSlack) -> None:
    """Every call about it answers."""
    ask = ask_sync(slack, slack.token("files:write", "files:read"))
    upload = ask("api_call", api_method="files.getUploadURLExternal", json={"filename": "a\ud800.txt", "length": 1})
    assert 200 == exchange(slack, "POST", upload["upload_url"], b"x")[0]
    files = [{"id": upload["file_id"]}]
    assert ask("files_completeUploadExternal", files=files, channel_id=slack.channel_id("ops-log"))["ok"]
    assert "a\ufffd.txt" == ask("files_info", file=upload["file_id"])["file"]["name"]
    slack.wait_for(lambda: ["a\ufffd.txt"] == [file.name for file in slack.files("#ops-log")])
