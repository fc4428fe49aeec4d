"""chat.*: what is posted, edited and deleted, and what is refused."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

from typing import Any

import pytest

from slack_logging.local import LocalSlack, limits
from slack_logging.testing import FakeClock
from tests.local.conftest import Ask, ask_sync
from tests.local.listening import Open

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "in a block"}}
RICH = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "rich"}]}],
}


def test_own_post_carries_identity_of_bot_and_app(slack: LocalSlack, ask: Ask, log: str) -> None:
    """A post is answered with the message as stored: author, bot, app and profile."""
    answer = ask("chat_postMessage", channel=log, text="hello")
    message = answer["message"]
    assert {"ok", "channel", "ts", "message"} == set(answer)
    assert (log, message["ts"]) == (answer["channel"], answer["ts"])
    assert (slack.bot_user_id, slack.bot_id, slack.app_id) == (message["user"], message["bot_id"], message["app_id"])
    assert slack.app_id == message["bot_profile"]["app_id"]
    assert "subtype" not in message
    assert [message] == slack.messages("#ops-log")


def test_text_is_answered_as_stored(ask: Ask, log: str) -> None:
    """Bare URLs get brackets, emoji become shortcodes, entities stay, lone signs become entities."""
    sent = "see https://x.y/z?a=1&b=2. <@U1> &lt;i&gt; a & b > c \N{PARTY POPPER}"
    stored = "see <https://x.y/z?a=1&amp;b=2>. <@U1> &lt;i&gt; a &amp; b &gt; c :tada:"
    assert stored == ask("chat_postMessage", channel=log, text=sent)["message"]["text"]


@pytest.mark.parametrize(
    ("arguments", "stored"),
    [
        ({"parse": "none"}, "https://x.y #general @ada"),
        ({"link_names": True}, "<https://x.y> <#C0GENERAL|general> @ada"),
        ({"parse": "full"}, "<https://x.y> <#C0GENERAL|general> @ada"),
        ({}, "<https://x.y> #general @ada"),
    ],
)
def test_parse_and_link_names(ask: Ask, log: str, arguments: dict[str, Any], stored: str) -> None:
    """`parse` and `link_names` decide what becomes a link; a single user never does."""
    answer = ask("chat_postMessage", channel=log, text="https://x.y #general @ada", **arguments)
    assert stored == answer["message"]["text"]


@pytest.mark.parametrize("channel", ["ops-log", "#ops-log", "C0OPSLOG0"])
def test_public_channel_is_found_by_name_and_id(slack: LocalSlack, ask: Ask, channel: str) -> None:
    """A public channel may be given by id or by name, with or without the sign."""
    assert "C0OPSLOG0" == ask("chat_postMessage", channel=channel, text="x")["channel"]


def test_user_id_opens_the_direct_channel(slack: LocalSlack, ask: Ask) -> None:
    """A post to a user id lands in the one DM with that user."""
    ada = slack.user_id("ada")
    first, second = (ask("chat_postMessage", channel=ada, text="x")["channel"] for _ in range(2))
    assert first == second
    assert first.startswith("D")


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0NOWHERE", "channel_not_found"),
        ("#nowhere", "channel_not_found"),
        ("secret", "channel_not_found"),
        ("C0HIDDEN0", "channel_not_found"),
        ("old", "is_archived"),
        ("U0GONE000", "channel_not_found"),
    ],
)
def test_where_nobody_can_post(slack: LocalSlack, ask: Ask, channel: str, error: str) -> None:
    """Unknown, private by name, private without the bot, archived, and a deactivated user: each with its code."""
    slack.add_channel("secret", private=True)
    slack.add_channel("hidden", private=True, bot_is_member=False)
    slack.add_channel("old", archived=True)
    slack.add_user("gone", deactivated=True)
    assert error == ask("chat_postMessage", channel=channel, text="x")["error"]


def test_posting_without_membership_needs_its_own_scope(slack: LocalSlack) -> None:
    """A public channel takes posts of a bot that is not in it only with chat:write.public."""
    channel = slack.add_channel("elsewhere", bot_is_member=False)
    assert ask_sync(slack)("chat_postMessage", channel=channel, text="x")["ok"]
    plain = ask_sync(slack, slack.token("chat:write"))
    assert "not_in_channel" == plain("chat_postMessage", channel=channel, text="x")["error"]


@pytest.mark.parametrize(
    "arguments",
    [{}, {"text": ""}, {"text": "   \n"}, {"text": "\x00"}, {"blocks": []}, {"text": " ", "attachments": []}],
)
def test_nothing_to_show_is_no_text(ask: Ask, log: str, arguments: dict[str, Any]) -> None:
    """A post needs text, blocks or attachments."""
    assert "no_text" == ask("chat_postMessage", channel=log, **arguments)["error"]


def test_long_text_is_split_and_first_ts_is_answered(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Text of the limit is one message; one unit more makes two, cut wherever the limit falls."""
    ask("chat_postMessage", channel=log, text="a" * limits.POST_TEXT)
    assert 1 == len(slack.messages(log))
    answer = ask("chat_postMessage", channel=log, text="b" * limits.POST_TEXT + "c")
    assert ["b" * limits.POST_TEXT, "c"] == [message["text"] for message in slack.messages(log)[1:]]
    assert answer["ts"] == slack.messages(log)[1]["ts"]


def test_astral_characters_count_twice(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Length is in UTF-16 units, and a cut never falls into a character."""
    ask("chat_postMessage", channel=log, text="\U00020000" * (limits.POST_TEXT // 2) + "x")
    ask("chat_postMessage", channel=log, text="x" + "\U00020000" * (limits.POST_TEXT // 2))
    lengths = [len(message["text"]) for message in slack.messages(log)]
    assert [2000, 1, 2000, 1] == lengths


def test_text_beyond_the_total_is_cut_off(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Of more than 40,000 units the rest is lost."""
    ask("chat_postMessage", channel=log, text="x" * (limits.POST_TEXT_TOTAL + 1))
    assert limits.POST_TEXT_TOTAL == sum(len(message["text"]) for message in slack.messages(log))


def test_text_beside_blocks_is_not_split(slack: LocalSlack, ask: Ask, log: str) -> None:
    """With blocks the text is a fallback, and one message."""
    ask("chat_postMessage", channel=log, text="x" * 5000, blocks=[SECTION])
    assert 1 == len(slack.messages(log))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"markdown_text": "x" * limits.MARKDOWN}, None),
        ({"markdown_text": "x" * (limits.MARKDOWN + 1)}, "msg_too_long"),
        ({"markdown_text": "x", "text": "y"}, "markdown_text_conflict"),
        ({"markdown_text": "x", "blocks": [SECTION]}, "markdown_text_conflict"),
        ({"text": "x", "attachments": [{"text": "y"}] * limits.ATTACHMENTS}, None),
        ({"text": "x", "attachments": [{"text": "y"}] * (limits.ATTACHMENTS + 1)}, "too_many_attachments"),
        ({"text": "x", "attachments": "{"}, "invalid_attachments"),
        ({"text": "x", "attachments": '{"text": "no array"}'}, "invalid_attachments"),
        ({"text": "x", "attachments": [{"text": 7}]}, "invalid_attachments"),
        ({"text": "x", "attachments": [{"color": 123456}]}, "invalid_attachments"),
        ({"text": "x", "attachments": [{"author_name": None, "fields": None, "blocks": None}]}, None),
        ({"text": "x", "attachments": [{"blocks": ""}]}, "invalid_blocks_format"),
        ({"text": "x", "attachments": [{"fields": "x"}]}, "invalid_attachments"),
        ({"text": "x", "attachments": [{"fields": ["x"]}]}, "invalid_attachments"),
        ({"text": "x", "attachments": [{"fields": [{"title": "Orders", "value": 42}]}]}, "invalid_attachments"),
        ({"text": "x", "attachments": [{"fields": [{"title": "Orders", "value": True}]}]}, "invalid_attachments"),
        ({"text": "x", "attachments": [{"fields": [{"title": 5, "value": "42"}]}]}, "invalid_attachments"),
        ({"text": "x", "attachments": [{"fields": [{"title": "Orders", "value": "42", "short": True}, {}]}]}, None),
        ({"text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"text": "x", "thread_ts": "1.2"}, "thread_not_found"),
    ],
)
def test_limits_and_shapes_of_content(ask: Ask, log: str, arguments: dict[str, Any], error: str | None) -> None:
    """Each part of a post has its limit and its code."""
    assert error == ask("chat_postMessage", channel=log, **arguments).get("error")


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "x", "event_payload": {"a": 1, "b": "c", "d": True, "e": {"f": 1}, "g": [{"h": 1}]}}, None),
        ({"event_type": "x", "event_payload": {"a": "b" * (limits.METADATA - 47)}}, None),
        ({"event_type": "x", "event_payload": {"a": "b" * (limits.METADATA - 46)}}, "metadata_too_large"),
        ({"event_type": "x", "event_payload": {"a": {"b": {"c": 1}}}}, "invalid_metadata_schema"),
        ({"event_type": "x", "event_payload": {"a": None}}, "invalid_metadata_schema"),
        ({"event_type": "x" * limits.EVENT_TYPE, "event_payload": {}}, None),
        ({"event_type": "x" * (limits.EVENT_TYPE + 1), "event_payload": {}}, "invalid_metadata_schema"),
        ({"event_type": "with space", "event_payload": {}}, "invalid_metadata_schema"),
        ({"event_type": "x"}, "invalid_metadata_schema"),
        ([], "invalid_metadata_format"),
    ],
)
def test_metadata_has_its_form_and_limit(slack: LocalSlack, log: str, metadata: Any, error: str | None) -> None:
    """Metadata is a type and a flat payload, together at most 16 KiB as JSON."""
    answer = slack_json(slack, "chat.postMessage", channel=log, text="x", metadata=metadata)
    assert error == answer.get("error")


def slack_json(slack: LocalSlack, method: str, **arguments: Any) -> dict[str, Any]:
    """Call a method with a JSON body that slack_sdk's typed methods would not send."""
    return ask_sync(slack)("api_call", api_method=method, json=arguments)


def test_thread_replies_and_broadcasts(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Replies go to the thread and count on the parent; a broadcast shows in the channel too."""
    parent = ask("chat_postMessage", channel=log, text="parent")["ts"]
    plain = ask("chat_postMessage", channel=log, text="plain", thread_ts=parent)["ts"]
    shown = ask("chat_postMessage", channel=log, text="shown", thread_ts=parent, reply_broadcast=True)
    assert "thread_broadcast" == shown["message"]["subtype"]
    assert [parent, shown["ts"]] == [message["ts"] for message in slack.messages(log)]
    assert [parent, plain, shown["ts"]] == [message["ts"] for message in slack.messages(log, thread_ts=parent)]
    head = slack.messages(log)[0]
    assert (2, 1, shown["ts"], parent) == tuple(
        head[name] for name in ("reply_count", "reply_users_count", "latest_reply", "thread_ts")
    )
    assert slack.bot_user_id == slack.messages(log, thread_ts=parent)[1]["parent_user_id"]


def test_a_reply_can_be_broadcast_by_an_edit(slack: LocalSlack, ask: Ask, log: str, open_socket: Open) -> None:
    """The channel shows it where its time puts it, once, and after edits of what it says; the app hears of an edit."""
    parent = slack.say(log, "parent", user="ada")
    reply = ask("chat_postMessage", channel=log, text="reply", thread_ts=parent)["ts"]
    last = slack.say(log, "last", user="ada")
    client = open_socket()
    told: dict[str, Any] = {"reply_broadcast": True}
    for given in (told, told, told | {"text": "heard"}, {"text": "heard again"}, told | {"blocks": [SECTION]}):
        answer = slack_json(slack, "chat.update", channel=log, ts=reply, **given)
        assert given.get("text", answer["text"]) == answer["message"]["text"]
        assert ("thread_broadcast", parent) == (answer["message"]["subtype"], answer["message"]["root"]["ts"])
        assert [parent, reply, last] == [message["ts"] for message in slack.messages(log)]
        event = client.event()
        assert ("message_changed", "thread_broadcast") == (event["subtype"], event["message"]["subtype"])
    assert [last, reply, parent] == [message["ts"] for message in ask("conversations_history", channel=log)["messages"]]
    slack.delete(log, reply)
    assert [parent, last] == [message["ts"] for message in slack.messages(log)]


@pytest.mark.parametrize(
    "content",
    [{"text": "other"}, {"markdown_text": "other"}, {"blocks": [SECTION]}, {"attachments": [{"text": "other"}]}],
)
def test_an_old_reply_is_broadcast_or_changed_not_both(
    slack: LocalSlack, ask: Ask, log: str, content: dict[str, Any]
) -> None:
    """A call that asks for both is refused, and the reply stays as and where it is."""
    parent = slack.say(log, "parent", user="ada")
    reply = ask("chat_postMessage", channel=log, text="reply", thread_ts=parent)["ts"]
    before = slack.messages(log, thread_ts=parent)
    answer = slack_json(slack, "chat.update", channel=log, ts=reply, reply_broadcast=True, **content)
    assert "no_dual_broadcast_content_update" == answer["error"]
    assert before == slack.messages(log, thread_ts=parent)
    assert [parent] == [message["ts"] for message in slack.messages(log)]


def test_only_a_reply_can_be_broadcast_by_an_edit(ask: Ask, log: str) -> None:
    """A message of the channel itself is refused, and stays as it is."""
    ts = ask("chat_postMessage", channel=log, text="parent")["ts"]
    refusal = ask("chat_update", channel=log, ts=ts, text="other", reply_broadcast=True)
    assert "cant_broadcast_message" == refusal["error"]
    assert "parent" == ask("conversations_history", channel=log)["messages"][0]["text"]


def test_replies_and_joins_cannot_be_parents(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Neither a reply nor a join message takes replies."""
    parent = slack.say(log, "parent", user="ada")
    reply = slack.say(log, "reply", user="ben", thread_ts=parent)
    slack.add_user("eve")
    slack.invite(log, "eve")
    join = slack.messages(log)[-1]["ts"]
    for ts in (reply, join):
        answer = ask("chat_postMessage", channel=log, text="x", thread_ts=ts)
        assert "cannot_reply_to_message" == answer["error"]


def test_customised_post_is_a_bot_message_without_user(slack: LocalSlack, ask: Ask, log: str) -> None:
    """A post under another name carries the subtype and no user, and cannot be deleted, only edited."""
    answer = ask("chat_postMessage", channel=log, text="x", username="billing", icon_emoji=":bug:")
    message = answer["message"]
    assert ("bot_message", "billing", {"emoji": ":bug:"}) == (message["subtype"], message["username"], message["icons"])
    assert "user" not in message
    assert slack.bot_id == message["bot_id"]
    assert ask("chat_update", channel=log, ts=answer["ts"], text="y")["ok"]
    assert "cant_delete_message" == ask("chat_delete", channel=log, ts=answer["ts"])["error"]


def test_customising_needs_its_scope(slack: LocalSlack, log: str) -> None:
    """Another name without chat:write.customize is a missing scope."""
    ask = ask_sync(slack, slack.token("chat:write"))
    answer = ask("chat_postMessage", channel=log, text="x", username="billing")
    assert ("missing_scope", "chat:write.customize") == (answer["error"], answer["needed"])


@pytest.mark.parametrize(
    ("arguments", "blocks", "attachments", "metadata"),
    [
        ({"text": "new"}, False, True, True),
        ({"text": "new", "blocks": [SECTION]}, True, True, True),
        ({"blocks": [SECTION]}, True, True, True),
        ({"attachments": []}, True, False, True),
        ({"blocks": []}, False, True, True),
        ({"text": "new", "metadata": {}}, False, True, False),
        ({"metadata": {}}, True, True, False),
    ],
)
def test_update_keeps_what_is_not_given_and_drops_what_is_empty(
    slack: LocalSlack,
    log: str,
    arguments: dict[str, Any],
    blocks: bool,
    attachments: bool,
    metadata: bool,
) -> None:
    """Text alone removes blocks; otherwise omitted stays and empty goes."""
    full = {"blocks": [SECTION], "attachments": [{"text": "a"}], "metadata": {"event_type": "x", "event_payload": {}}}
    ts = slack_json(slack, "chat.postMessage", channel=log, text="old", **full)["ts"]
    slack_json(slack, "chat.update", channel=log, ts=ts, **arguments)
    message = slack.messages(log)[0]
    assert (blocks, attachments, metadata) == tuple(name in message for name in ("blocks", "attachments", "metadata"))
    assert arguments.get("text", "old") == message["text"]


def test_update_marks_the_edit_in_whole_seconds(slack: LocalSlack, clock: FakeClock, ask: Ask, log: str) -> None:
    """An edit keeps `ts` and channel, and says who and when."""
    ts = ask("chat_postMessage", channel=log, text="old")["ts"]
    clock.advance(61.5)
    answer = ask("chat_update", channel=log, ts=ts, text="new & <@U1>")
    assert (ts, log, "new &amp; <@U1>") == (answer["ts"], answer["channel"], answer["text"])
    assert {"user": slack.bot_user_id, "ts": f"{int(clock.time())}.000000"} == answer["message"]["edited"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": "x" * limits.UPDATE_TEXT}, None),
        ({"text": "x" * (limits.UPDATE_TEXT + 1)}, "msg_too_long"),
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "x", "ts": "1800000000.000099"}, "message_not_found"),
        ({"text": "x", "channel": "#ops-log"}, "channel_not_found"),
        ({"text": "x", "blocks": [SECTION]}, "block_mismatch"),
        ({"text": "x", "blocks": [RICH]}, None),
    ],
)
def test_update_refusals(ask: Ask, log: str, arguments: dict[str, Any], error: str | None) -> None:
    """An edit is bounded at 4,000 units, needs the id, and cannot turn rich text into other blocks."""
    ts = ask("chat_postMessage", channel=log, text="old", blocks=[RICH])["ts"]
    assert error == ask("chat_update", **{"channel": log, "ts": ts} | arguments).get("error")


def test_only_own_messages_are_edited_and_deleted(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Somebody else's message is neither updated nor deleted."""
    slack.add_user("other-bot", bot=True)
    for user in ("ada", "other-bot"):
        ts = slack.say(log, "mine", user=user)
        assert "cant_update_message" == ask("chat_update", channel=log, ts=ts, text="x")["error"]
        assert "cant_delete_message" == ask("chat_delete", channel=log, ts=ts)["error"]


def test_archived_channel_is_inactive_to_edits(slack: LocalSlack, ask: Ask, log: str) -> None:
    """What was posted before archiving cannot be edited any more."""
    ts = ask("chat_postMessage", channel=log, text="old")["ts"]
    slack.archive(log)
    assert "is_inactive" == ask("chat_update", channel=log, ts=ts, text="x")["error"]


def test_delete_forgets_the_message_but_never_its_ts(slack: LocalSlack, ask: Ask, log: str) -> None:
    """A deleted message is gone, and no later one gets its `ts`, though time stands still."""
    first = ask("chat_postMessage", channel=log, text="x")["ts"]
    assert {"ok": True, "channel": log, "ts": first} == ask("chat_delete", channel=log, ts=first)
    assert [] == slack.messages(log)
    assert ask("chat_postMessage", channel=log, text="x")["ts"] > first
    assert "message_not_found" == ask("chat_delete", channel=log, ts=first)["error"]


def test_deleted_parent_leaves_a_placeholder_in_its_thread(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Replies outlive their parent, which the channel's history no longer shows."""
    parent = ask("chat_postMessage", channel=log, text="parent")["ts"]
    reply = ask("chat_postMessage", channel=log, text="reply", thread_ts=parent)["ts"]
    ask("chat_delete", channel=log, ts=parent)
    thread = ask("conversations_replies", channel=log, ts=parent)["messages"]
    assert [("tombstone", parent), (None, reply)] == [(message.get("subtype"), message["ts"]) for message in thread]
    assert [] == ask("conversations_history", channel=log)["messages"]


def test_permalink_of_message_and_reply(slack: LocalSlack, ask: Ask, log: str) -> None:
    """A permalink holds channel and `ts` without its dot; a reply's also names the thread."""
    parent = slack.say(log, "parent", user="ada")
    reply = slack.say(log, "reply", user="ada", thread_ts=parent)
    link = ask("chat_getPermalink", channel=log, message_ts=parent)["permalink"]
    assert f"https://local.slack.test/archives/{log}/p{parent.replace('.', '')}" == link
    link = ask("chat_getPermalink", channel=log, message_ts=reply)["permalink"]
    assert link.endswith(f"p{reply.replace('.', '')}?thread_ts={parent}&cid={log}")
    assert "message_not_found" == ask("chat_getPermalink", channel=log, message_ts="1.2")["error"]


def test_ephemeral_message_is_stored_nowhere(slack: LocalSlack, ask: Ask, log: str) -> None:
    """An ephemeral post is answered with a `ts` that can be neither found nor updated."""
    ada = slack.user_id("ada")
    ts = ask("chat_postEphemeral", channel=log, user=ada, text="psst")["message_ts"]
    assert [] == slack.messages(log)
    assert "message_not_found" == ask("chat_update", channel=log, ts=ts, text="x")["error"]
    assert "no_text" == ask("chat_postEphemeral", channel=log, user=ada)["error"]
    elsewhere = slack.add_channel("elsewhere", bot_is_member=False)
    assert "not_in_channel" == ask("chat_postEphemeral", channel=elsewhere, user=ada, text="x")["error"]
    eve = slack.add_user("eve")
    for user in (eve, "U0NOBODY0"):
        assert "user_not_in_channel" == ask("chat_postEphemeral", channel=log, user=user, text="x")["error"]
