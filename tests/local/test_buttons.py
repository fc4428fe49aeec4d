"""Which button of a message is clicked: those in attachments, those of one name, and what is none."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk.webhook import WebhookClient

from slack_logging.local import LocalSlack
from tests.local.conftest import ask_sync, buttons
from tests.local.listening import Client, Open


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    """Run a Slack without rate limits."""
    with LocalSlack(rate_limit=0) as local:
        yield local


@pytest.fixture
def client(slack: LocalSlack, open_socket: Open) -> Client:
    """Listen for `slack.app`, to commands and clicks only."""
    slack.app.events = frozenset()
    return open_socket()


def attached(*action_ids: str, **fields: Any) -> dict[str, Any]:
    """Return an attachment with a section for each id, whose accessory is a button."""
    accessories = buttons(*action_ids)[0]["elements"]
    text = {"type": "mrkdwn", "text": "alert"}
    blocks = [{"type": "section", "text": text, "accessory": each} | fields for each in accessories]
    return {"color": "#e01e5a", "blocks": blocks}


def test_a_button_of_an_attachment_is_clicked_as_itself(slack: LocalSlack, client: Client, log: str) -> None:
    """With its own value and block, though others have its name; the container says which attachment it is."""
    main = [{name: value for name, value in buttons("go")[0].items() if name != "block_id"}]
    ask = ask_sync(slack)
    attachments = [attached("go"), attached("go", "stop")]
    attachments[1]["blocks"][0]["accessory"]["value"] = "second"
    ts = ask("chat_postMessage", channel=log, text="x", blocks=main, attachments=attachments)["ts"]
    [message] = slack.messages("#ops-log")
    ids = [block["block_id"] for part in (message, *message["attachments"]) for block in part["blocks"]]
    assert 4 == len(set(ids))
    for block_id, action_id in zip(ids, ("go", "go", "go", "stop"), strict=True):
        slack.click("#ops-log", ts, action_id, user="ada", block_id=block_id)
    payloads = [client.envelope()["payload"] for _ in ids]
    told = [(each["actions"][0]["block_id"], each["actions"][0]["value"]) for each in payloads]
    assert list(zip(ids, ("go!", "go!", "second", "stop!"), strict=True)) == told
    in_attachment = {"type": "message_attachment", "is_app_unfurl": False}
    place = {"message_ts": ts, "channel_id": log, "is_ephemeral": False}
    assert [place | {"type": "message"}] + [place | in_attachment | {"attachment_id": id_} for id_ in (1, 2, 2)] == [
        each["container"] for each in payloads
    ]


def test_a_message_with_buttons_in_an_attachment_only(slack: LocalSlack, client: Client) -> None:
    """They are found without a block's id too, and may be typed in from Python without any."""
    ts = slack.say("#ops-log", "x", user="ops", attachments=[attached("ack")])
    slack.click("#ops-log", ts, "ack", user="ada")
    [action] = client.envelope()["payload"]["actions"]
    assert ("ack", "ack!") == (action["action_id"], action["value"])


def test_block_ids_stay_unique_when_a_message_is_edited(slack: LocalSlack, log: str) -> None:
    """Whichever half is new; an id that the app itself gives twice is refused, and nothing changes."""
    ask = ask_sync(slack)
    divider = {"type": "divider"}
    ts = ask("chat_postMessage", channel=log, text="x", blocks=[divider, divider])["ts"]

    def ids() -> list[str]:
        [message] = slack.messages("#ops-log")
        return [block["block_id"] for part in (message, *message["attachments"]) for block in part["blocks"]]

    ask("chat_update", channel=log, ts=ts, attachments=[attached("a"), attached("b")])
    assert 4 == len(set(ids()))
    ask("chat_update", channel=log, ts=ts, blocks=[divider] * 3)
    assert 5 == len(set(ids()))
    before = slack.messages("#ops-log")
    answer = ask("chat_update", channel=log, ts=ts, attachments=[attached("a", block_id=ids()[0])])
    assert "invalid_blocks" == answer["error"]
    assert f"block_id {ids()[0]} is used twice" in answer["errors"][0]
    assert before == slack.messages("#ops-log")


def test_an_id_used_twice_in_one_block_is_refused(slack: LocalSlack, log: str) -> None:
    """Of an element as of a block; in two blocks it may well stand."""
    ask = ask_sync(slack)
    answer = ask("chat_postMessage", channel=log, text="x", blocks=buttons("go", "go"))
    assert "invalid_blocks" == answer["error"]
    assert ["action_id go is used twice [json-pointer:/blocks/0/elements/1/action_id]"] == answer["errors"]
    two = [*buttons("go"), *buttons("go", block_id="other")]
    assert ask("chat_postMessage", channel=log, text="x", blocks=two)["ok"]


def test_an_answer_with_an_id_used_twice_leaves_the_original(slack: LocalSlack, client: Client, log: str) -> None:
    """What is refused has taken nothing away, not even what one person sees."""
    user = slack.user_id("ada")
    ts = ask_sync(slack)("chat_postEphemeral", channel=log, user=user, text="x", blocks=buttons("yes"))["message_ts"]
    url = slack.response_url("#ops-log", user="ada", message_ts=ts)
    payload = {"replace_original": True, "blocks": buttons("yes"), "attachments": [attached("a", block_id="choice")]}
    assert "invalid_blocks" == WebhookClient(url, retry_handlers=[]).send_dict(payload).body
    assert ["x"] == [each["text"] for each in slack.ephemerals("#ops-log")]


def test_only_buttons_can_be_clicked(slack: LocalSlack, log: str) -> None:
    """A menu would come without what was chosen in it, which no app could make sense of."""
    option = {"text": {"type": "plain_text", "text": "one"}, "value": "1"}
    menu = {"type": "static_select", "action_id": "pick", "options": [option]}
    blocks = [{"type": "actions", "elements": [menu]}]
    ts = ask_sync(slack)("chat_postMessage", channel=log, text="x", blocks=blocks)["ts"]
    with pytest.raises(LookupError, match="no button 'pick'"):
        slack.click("#ops-log", ts, "pick", user="ada")


def test_a_button_without_a_name_gets_one(slack: LocalSlack, client: Client, log: str) -> None:
    """Each its own in the message, though an app gives itself one of ours; a click tells it, as Slack always does."""
    nameless, taken = (
        {"type": "button", "text": {"type": "plain_text", "text": text}, "value": text} for text in ("x", "y")
    )
    blocks = [{"type": "actions", "elements": [nameless, taken | {"action_id": "a0"}, nameless | {"value": "z"}]}]
    attachment = attached("go")
    del attachment["blocks"][0]["accessory"]["action_id"]
    answer = ask_sync(slack)("chat_postMessage", channel=log, text="x", blocks=blocks, attachments=[attachment])
    [message] = slack.messages("#ops-log")
    accessory = message["attachments"][0]["blocks"][0]["accessory"]
    named = [*message["blocks"][0]["elements"], accessory]
    assert message["blocks"] == answer["message"]["blocks"]
    assert 4 == len({element["action_id"] for element in named})
    for element in named:
        slack.click("#ops-log", answer["ts"], element["action_id"], user="ada")
    told = [client.envelope()["payload"]["actions"][0] for _ in named]
    assert ["x", "y", "z", "go!"] == [action["value"] for action in told]
    assert [element["action_id"] for element in named] == [action["action_id"] for action in told]
    ask_sync(slack)("chat_update", channel=log, ts=answer["ts"], text="edited", blocks=message["blocks"])
    assert message["blocks"] == slack.messages("#ops-log")[0]["blocks"]
