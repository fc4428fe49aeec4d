"""Block validation: each limit on both sides of its edge, each fault with its code and JSON pointer."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.local import LocalSlack
from slack_logging.local.errors import ApiError
from slack_logging.local.state.blocks import check_blocks
from tests.local.conftest import Ask

Block = dict[str, Any]
DIVIDER = {"type": "divider"}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def section(text: str) -> Block:
    return {"type": "section", "text": mrkdwn(text)}


def fields(count: int, size: int) -> Block:
    return {"type": "section", "fields": [mrkdwn("x" * size)] * count}


def header(size: int) -> Block:
    return {"type": "header", "text": plain("x" * size)}


def context(count: int) -> Block:
    return {"type": "context", "elements": [mrkdwn("x")] * count}


def actions(count: int, **parts: Any) -> Block:
    return {"type": "actions", "elements": [{"type": "button", "text": plain("x")} | parts] * count}


def image(url: int, alt: int, title: int) -> Block:
    return {"type": "image", "image_url": "x" * url, "alt_text": "x" * alt, "title": plain("x" * title)}


def table(rows: int, columns: int) -> Block:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


def rich(*elements: Block, kind: str = "rich_text_section") -> Block:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(elements)}]}


def alert(**parts: Any) -> Block:
    return {"type": "alert", "text": mrkdwn("x")} | parts


def container(children: int, **parts: Any) -> Block:
    return {"type": "container", "title": plain("x"), "child_blocks": [DIVIDER] * children} | parts


def card(**sizes: int) -> Block:
    return {"type": "card"} | {key: mrkdwn("x" * size) for key, size in sizes.items()}


def carousel(*cards: Block) -> Block:
    return {"type": "carousel", "elements": list(cards)}


def error_of(blocks: object) -> ApiError:
    with pytest.raises(ApiError) as caught:
        check_blocks(blocks)
    return caught.value


@pytest.mark.parametrize(
    ("fits", "exceeds", "fault"),
    [
        (section("x" * 3000), section("x" * 3001), "must be less than 3001 characters /text/text"),
        (section("x"), section(""), "must be more than 0 characters /text/text"),
        (section("\U0001f389" * 1500), section("\U0001f389" * 1501), "must be less than 3001 characters /text/text"),
        (fields(10, 1), fields(11, 1), "no more than 10 items allowed /fields"),
        (fields(1, 2000), fields(1, 2001), "must be less than 2001 characters /fields/0/text"),
        (fields(1, 1), fields(0, 1), "no fewer than 1 items allowed /fields"),
        (header(150), header(151), "must be less than 151 characters /text/text"),
        (context(10), context(11), "no more than 10 items allowed /elements"),
        (actions(25), actions(26), "no more than 25 items allowed /elements"),
        (actions(1, text=plain("x" * 75)), actions(1, text=plain("x" * 76)),
         "must be less than 76 characters /elements/0/text/text"),
        (actions(1, value="x" * 2000), actions(1, value="x" * 2001),
         "must be less than 2001 characters /elements/0/value"),
        (actions(1, url="x" * 3000), actions(1, url="x" * 3001), "must be less than 3001 characters /elements/0/url"),
        (actions(1, action_id="x" * 255), actions(1, action_id="x" * 256),
         "must be less than 256 characters /elements/0/action_id"),
        (section("x") | {"accessory": {"type": "button", "text": plain("x" * 75)}},
         section("x") | {"accessory": {"type": "button", "text": plain("x" * 76)}},
         "must be less than 76 characters /accessory/text/text"),
        (context(1) | {"elements": [image(3000, 1, 1)]}, context(1) | {"elements": [image(3001, 1, 1)]},
         "must be less than 3001 characters /elements/0/image_url"),
        ({"type": "actions", "elements": [*actions(2)["elements"], *actions(1, action_id="None")["elements"]]},
         actions(2, action_id="go"), "action_id go is used twice /elements/1/action_id"),
        (DIVIDER | {"block_id": "x" * 255}, DIVIDER | {"block_id": "x" * 256},
         "must be less than 256 characters /block_id"),
        (image(3000, 1, 1), image(3001, 1, 1), "must be less than 3001 characters /image_url"),
        (image(1, 2000, 1), image(1, 2001, 1), "must be less than 2001 characters /alt_text"),
        (image(1, 1, 2000), image(1, 1, 2001), "must be less than 2001 characters /title/text"),
        (table(100, 20), table(101, 1), "no more than 100 items allowed /rows"),
        (table(1, 20), table(1, 21), "no more than 20 items allowed /rows/0"),
        ({"type": "markdown", "text": "x" * 12000}, {"type": "markdown", "text": "x" * 12001},
         "must be less than 12001 characters /text"),
        (rich({"type": "text", "text": "x"}), rich({"type": "text", "text": ""}),
         "must be more than 0 characters /elements/0/elements/0/text"),
        (alert(text=plain("x" * 3000)), alert(text=plain("x" * 3001)), "must be less than 3001 characters /text/text"),
        (alert(level="success"), alert(level="loud"),
         "must be one of: default, info, warning, error, success /level"),
        (container(10), container(11), "no more than 10 items allowed /child_blocks"),
        (container(1), container(0), "no fewer than 1 items allowed /child_blocks"),
        (container(1, title=plain("x" * 150)), container(1, title=plain("x" * 151)),
         "must be less than 151 characters /title/text"),
        (container(1, subtitle=mrkdwn("x" * 150)), container(1, subtitle=mrkdwn("x" * 151)),
         "must be less than 151 characters /subtitle/text"),
        (container(1, child_blocks=[header(150)]), container(1, child_blocks=[header(151)]),
         "must be less than 151 characters /child_blocks/0/text/text"),
        (card(title=150), card(title=151), "must be less than 151 characters /title/text"),
        (card(subtitle=150), card(subtitle=151), "must be less than 151 characters /subtitle/text"),
        (card(body=200), card(body=201), "must be less than 201 characters /body/text"),
        (card(body=1) | {"icon": image(3000, 1, 1)}, card(body=1) | {"icon": image(3001, 1, 1)},
         "must be less than 3001 characters /icon/image_url"),
        (card() | {"actions": actions(1, text=plain("x" * 75))["elements"]},
         card() | {"actions": actions(1, text=plain("x" * 76))["elements"]},
         "must be less than 76 characters /actions/0/text/text"),
        (carousel(*[card(body=1)] * 10), carousel(*[card(body=1)] * 11), "no more than 10 items allowed /elements"),
        (carousel(card(body=200)), carousel(), "no fewer than 1 items allowed /elements"),
        (carousel(card(body=200)), carousel(card(body=201)), "must be less than 201 characters /elements/0/body/text"),
    ],
)  # fmt: skip
def test_limits_within_a_block(fits: Block, exceeds: Block, fault: str) -> None:
    """What fits passes; one more is `invalid_blocks`, with what is wrong and where."""
    assert [fits] == check_blocks([fits])
    problem, _, pointer = fault.rpartition(" ")
    error = error_of([DIVIDER, exceeds])
    expected = f"{problem} [json-pointer:/blocks/1{pointer}]"
    assert ("invalid_blocks", [expected]) == (error.code, error.details["errors"])
    assert {"messages": [f"[ERROR] {expected}"]} == error.details["response_metadata"]


@pytest.mark.parametrize(
    ("fits", "exceeds", "code"),
    [
        ([DIVIDER] * 50, [DIVIDER] * 51, "invalid_blocks"),
        ([section("x" * 3000)] * 4 + [section("x" * 1200)], [section("x" * 3000)] * 4 + [section("x" * 1201)],
         "msg_blocks_too_long"),
        ([{"type": "markdown", "text": "x" * 6000}] * 2,
         [{"type": "markdown", "text": "x" * 6000}, {"type": "markdown", "text": "x" * 6001}], "msg_too_long"),
        ([{"type": "markdown", "text": "x\n\n" * 50}], [{"type": "markdown", "text": "x\n\n" * 51}], "invalid_blocks"),
        ([rich({"type": "text", "text": "x" * 13200})], [rich(*[{"type": "text", "text": "x" * 6601}] * 2)],
         "msg_blocks_too_long"),
        ([rich({"type": "text", "text": "x" * 13200})], [rich({"type": "text", "text": "x" * 13201})],
         "msg_blocks_too_long"),
        ([container(1, child_blocks=[section("x" * 3000)] * 4), section("x" * 1199)],
         [container(1, child_blocks=[section("x" * 3000)] * 4), section("x" * 1200)], "msg_blocks_too_long"),
        ([rich({"type": "text", "text": "&" * 2640})], [rich({"type": "text", "text": "&" * 2641})],
         "msg_blocks_too_long"),
        ([section("&amp;" * 600)] * 4 + [section("&amp;" * 240)], [section("&amp;" * 600)] * 4 + [section("x" * 1201)],
         "msg_blocks_too_long"),
        ([container(1, block_id="a", child_blocks=[DIVIDER | {"block_id": "b"}])],
         [container(1, block_id="a", child_blocks=[DIVIDER | {"block_id": "a"}])], "invalid_blocks"),
        ([DIVIDER | {"block_id": "a"}, DIVIDER | {"block_id": "b"}], [DIVIDER | {"block_id": "a"}] * 2,
         "invalid_blocks"),
    ],
)  # fmt: skip
def test_limits_of_a_message(fits: list[Block], exceeds: list[Block], code: str) -> None:
    """Blocks are bounded in number and, together, in text; ids are unique."""
    assert fits == check_blocks(fits)
    assert code == error_of(exceeds).code


@pytest.mark.parametrize(
    ("block", "pointer"),
    [
        ({}, "/type"),
        ({"type": "shout"}, "/type"),
        ({"type": ["section"]}, "/type"),
        ({"type": "section"}, ""),
        ({"type": "section", "text": "bare"}, ""),
        ({"type": "section", "text": {"type": "html", "text": "x"}}, "/text/type"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": 7}}, "/text/text"),
        ({"type": "section", "fields": {}}, "/fields"),
        ({"type": "section", "fields": ["x"]}, "/fields/0"),
        ({"type": "header", "text": mrkdwn("x")}, "/text/type"),
        ({"type": "context"}, "/elements"),
        ({"type": "image", "alt_text": "x"}, ""),
        ({"type": "alert"}, ""),
        ({"type": "alert", "text": mrkdwn("x"), "level": ["info"]}, "/level"),
        ({"type": "container", "child_blocks": [DIVIDER]}, ""),
        ({"type": "container", "title": plain("x")}, "/child_blocks"),
        (container(1, title=mrkdwn("x")), "/title/type"),
        (container(1, child_blocks=[{"type": "shout"}]), "/child_blocks/0/type"),
        (carousel(DIVIDER), "/elements/0/type"),
        ({"type": "table", "rows": [["x"]]}, "/rows/0/0"),
        ({"type": "table", "rows": "x"}, "/rows"),
        ({"type": "rich_text", "elements": 7}, "/elements"),
        ({"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}, "/elements/0/type"),
        (rich({"type": "shout"}), "/elements/0/elements/0/type"),
        (rich({"type": "user", "user_id": "U1"}, kind="rich_text_preformatted"), "/elements/0/elements/0/type"),
        (rich({"type": "text", "text": "x"}, kind="rich_text_list"), "/elements/0/elements/0/type"),
    ],
)
def test_malformed_blocks_are_pointed_at(block: Block, pointer: str) -> None:
    """A wrong type, shape or missing part is `invalid_blocks` at its place."""
    error = error_of([block])
    assert "invalid_blocks" == error.code
    assert error.details["errors"][0].endswith(f"[json-pointer:/blocks/0{pointer}]")


@pytest.mark.parametrize("kind", ["call", "context_actions", "file", "plan", "task_card", "video"])
def test_blocks_without_a_known_limit_are_taken(kind: str) -> None:
    """Whatever is in them."""
    block = {"type": kind, "title": plain("x" * 5000), "elements": ["x"]}
    assert [block] == check_blocks([block])


@pytest.mark.parametrize("blocks", [{}, "x", 7, ["x"], [[]]])
def test_what_is_no_array_of_objects_has_its_own_code(blocks: object) -> None:
    """The outer shape is checked first."""
    assert "invalid_blocks_format" == error_of(blocks).code


def test_all_faults_are_told_at_once() -> None:
    """Two faults make two messages."""
    assert 2 == len(error_of([header(151), section("")]).details["errors"])


def test_answer_over_the_wire_has_pointers(ask: Ask, log: str) -> None:
    """slack_sdk's caller finds errors and messages in the answer."""
    answer = ask("chat_postMessage", channel=log, text="x", blocks=[section("x" * 3001)])
    fault = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert ("invalid_blocks", [fault], [f"[ERROR] {fault}"]) == (
        answer["error"],
        answer["errors"],
        answer["response_metadata"]["messages"],
    )


def test_blocks_in_attachments_are_checked_where_they_stand(ask: Ask, log: str) -> None:
    """The pointer leads into the attachment."""
    answer = ask("chat_postMessage", channel=log, text="x", attachments=[{"blocks": [header(151)]}])
    assert answer["errors"][0].endswith("[json-pointer:/attachments/0/blocks/0/text/text]")


def test_stored_blocks_have_ids_and_stored_text(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Each block gets an id of its own, and its mrkdwn is stored as text is; plain and rich text are literal."""
    text = "https://x.y & \N{PARTY POPPER}"
    blocks = [section(text), header(1) | {"text": plain(text)}, rich({"type": "text", "text": text}), DIVIDER]
    stored = ask("chat_postMessage", channel=log, text="x", blocks=blocks)["message"]["blocks"]
    assert 4 == len({block["block_id"] for block in stored})
    assert ["<https://x.y> &amp; :tada:", text, text] == [
        stored[0]["text"]["text"],
        stored[1]["text"]["text"],
        stored[2]["elements"][0]["elements"][0]["text"],
    ]


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["section", "rich_text", "mrkdwn", "card"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "elements", "fields", "rows", "block_id", "action_id", "alt_text", "child_blocks"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)
KINDS = "actions alert card carousel container context divider header image markdown rich_text section table"
TYPED = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS.split())},
    optional=dict.fromkeys(
        (
            "text",
            "elements",
            "fields",
            "rows",
            "accessory",
            "title",
            "column_settings",
            "child_blocks",
            "level",
            "icon",
        ),
        ANYTHING,
    ),
)


@given(st.lists(TYPED, max_size=3) | ANYTHING)
def test_no_payload_breaks_the_checker(blocks: object) -> None:
    """Whatever JSON is sent, it is taken as it is or refused by name, never a crash."""
    try:
        taken, code = check_blocks(blocks), "taken"
    except ApiError as error:
        taken, code = [], error.code
    assert code in ("taken", "invalid_blocks", "invalid_blocks_format")
    assert code != "taken" or blocks == taken
