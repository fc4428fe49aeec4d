"""The web page's server side, over HTTP, against a real local Slack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from slack_logging.local import LocalSlack
from slack_logging.local.faults.fault import KINDS
from slack_logging.local.page import feed
from slack_logging.local.page import routes as page
from slack_logging.local.state import emoji
from tests.local.browser import JSON, Events, post, request

HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(1)> & \u202e"
STATIC = Path(page.__file__).parent / "static"
#: By which a person at the page changes something.
ACTS = [f"/page/{act}" for act in ("say", "edit", "delete", "react", "click", "fault", "clear-faults")]


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(rate_limit=0) as running:
        yield running


def state(slack: LocalSlack) -> Any:
    return request(slack, "/page/state").json


def ids(slack: LocalSlack) -> dict[str, str]:
    """The ids that the page's state shows, by user name and ``#channel``."""
    shown = state(slack)
    users = {user["name"]: user["id"] for user in shown["users"]}
    return users | {f"#{channel['name']}": channel["id"] for channel in shown["channels"]}


def test_the_page_is_a_static_file_that_may_load_only_its_own_scripts_and_styles(slack: LocalSlack) -> None:
    """The page forbids inline script, framing and foreign sources, and is the same whatever was said."""
    slack.say("#ops-log", HOSTILE, user="ada")
    answer = request(slack, "/")
    policy = dict(rule.strip().partition(" ")[::2] for rule in answer.headers["Content-Security-Policy"].split(";"))

    assert answer.body == (STATIC / "index.html").read_bytes()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["img-src"] == "'self'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_all_that_the_page_refers_to_is_served(slack: LocalSlack) -> None:
    """Every file that the page, its styles and its scripts name is served, with a type that browsers accept."""
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    named = set(re.findall(r'(?:href|src)="/static/([^"]+)"', (STATIC / "index.html").read_text(encoding="utf-8")))
    for script in STATIC.glob("*.js"):
        named |= set(re.findall(r'from "\./([^"]+)"', script.read_text(encoding="utf-8")))

    served = {name: request(slack, f"/static/{name}") for name in named}

    assert named == {path.name for path in STATIC.iterdir()} - {"index.html"}
    assert {name: (answer.status, answer.headers["Content-Type"]) for name, answer in served.items()} == {
        name: (200, f"{types[Path(name).suffix]}; charset=utf-8") for name in named
    }


@pytest.mark.parametrize("name", ["page.py", "..%2fpage.py", "%2e%2e/page.py", "..%5cpage.py", "", "nothing.js"])
def test_nothing_but_the_pages_own_files_is_served(slack: LocalSlack, name: str) -> None:
    """No spelling of a path leads out of the page's directory."""
    assert request(slack, f"/static/{name}").status == 404


@pytest.mark.parametrize(
    ("files", "forbidden"),
    [
        (
            "*.js",
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|DOMParser|eval\(|srcdoc|new Function",
        ),
        ("*", r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[\w.-]+\.\w+"),
    ],
    ids=["ways to make markup of a string", "addresses but its own, the SVG namespace excepted"],
)
def test_the_pages_files_hold_nothing_unsafe(files: str, forbidden: str) -> None:
    """The page's scripts can make text nodes only, and nothing of the page comes from elsewhere."""
    found = {path.name: re.findall(forbidden, path.read_text(encoding="utf-8")) for path in STATIC.glob(files)}

    assert "page.js" in found
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_the_state_holds_people_channels_and_messages_with_their_replies(slack: LocalSlack) -> None:
    """The state lists who is here, and per channel the messages, oldest first, replies among them."""
    slack.add_user("gus", guest=True)
    slack.add_user("eve", external=True)
    slack.add_user("old", deactivated=True)
    slack.add_channel("war-room", private=True)
    slack.add_group("oncall", ["ada"])
    parent = slack.say("#ops-commands", "!help", user="ada")
    reply = slack.say("#ops-commands", "which?", user="ben", thread_ts=parent)
    other = slack.say("#ops-commands", HOSTILE, user="ben")
    slack.react("#ops-commands", parent, "eyes", user="ben")

    shown = state(slack)
    users = {user["name"]: user for user in shown["users"]}
    messages = shown["messages"][ids(slack)["#ops-commands"]]

    assert [users[name]["note"] for name in ("ada", "ben", "gus", "eve")] == ["admin", "", "guest", "external"]
    assert users["ops"]["is_bot"]
    assert users["old"]["deleted"]
    assert [channel["name"] for channel in shown["channels"]] == ["general", "ops-log", "ops-commands", "war-room"]
    assert [channel["is_private"] for channel in shown["channels"]] == [False, False, False, True]
    assert [group["handle"] for group in shown["groups"]] == ["oncall"]
    assert [message["ts"] for message in messages] == [parent, reply, other]
    assert messages[0]["reactions"] == [{"name": "eyes", "users": [users["ben"]["id"]], "count": 1}]
    assert messages[1]["thread_ts"] == parent
    assert messages[2]["blocks"][0]["elements"][0]["elements"][0]["text"] == HOSTILE


def test_the_state_keeps_the_places_of_deleted_parents(slack: LocalSlack) -> None:
    """A deleted message that has replies stays in the state as a placeholder, where it stood."""
    parent = slack.say("#ops-log", "regretted", user="ada")
    reply = slack.say("#ops-log", "answer", user="ben", thread_ts=parent)
    later = slack.say("#ops-log", "later", user="ben")
    slack.delete("#ops-log", parent)

    shown = state(slack)["messages"][ids(slack)["#ops-log"]]

    assert [message["ts"] for message in shown] == [parent, reply, later]
    assert (shown[0]["subtype"], shown[0]["text"]) == ("tombstone", "This message was deleted.")


def test_the_state_spells_every_emoji_that_can_be_used(slack: LocalSlack) -> None:
    """The page shows as Unicode each emoji that the workspace knows, by all its names."""
    shown = state(slack)["emoji"]

    assert set(shown) == {*emoji.CODE_POINTS, *emoji.ALIASES}
    assert (shown["eyes"], shown["+1"], shown["thumbsup"]) == ("👀", "👍", "👍")


def test_the_reaction_menu_offers_only_emoji_that_exist() -> None:
    """Each emoji of the page's menu is one that the workspace accepts."""
    source = (STATIC / "message.js").read_text(encoding="utf-8")
    menu = re.search(r"const MENU = \[(.*?)\]", source, re.DOTALL)
    assert menu is not None

    names = re.findall(r'"([^"]+)"', menu.group(1))

    assert [emoji.canonical_name(name) for name in names] == names
    assert len(names) > 10


def test_the_state_is_bounded(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page gets the newest messages with the newest of their replies, never more than its limit."""
    monkeypatch.setattr(page, "MESSAGES_SHOWN", 4)
    slack.say("#ops-log", "oldest", user="ada")
    parent = slack.say("#ops-log", "parent", user="ada")
    replies = [slack.say("#ops-log", f"reply {n}", user="ben", thread_ts=parent) for n in range(3)]
    newest = slack.say("#ops-log", "newest", user="ada")

    shown = state(slack)

    assert shown["limit"] == 4
    assert [message["ts"] for message in shown["messages"][ids(slack)["#ops-log"]]] == [parent, *replies[1:], newest]


def test_each_change_reaches_an_open_page_once_and_in_order(slack: LocalSlack) -> None:
    """The stream begins with an order to fetch the state; then each change is one event."""
    known = ids(slack)
    with Events(slack) as events:
        first = events.next()
        ts = slack.say("#ops-log", "one", user="ada")
        reply = slack.say("#ops-log", "two", user="ben", thread_ts=ts)
        slack.react("#ops-log", ts, "eyes", user="ben")
        slack.unreact("#ops-log", ts, "eyes", user="ben")
        slack.edit("#ops-log", ts, "changed")
        slack.delete("#ops-log", reply)
        came = [events.next()[1] for _ in range(6)]

    assert first == ("reload", None)
    assert [(event["type"], event.get("subtype")) for event in came] == [
        ("message", None),
        ("message", None),
        ("reaction_added", None),
        ("reaction_removed", None),
        ("message", "message_changed"),
        ("message", "message_deleted"),
    ]
    assert {event.get("channel") or event["item"]["channel"] for event in came} == {known["#ops-log"]}
    assert (came[0]["ts"], came[1]["ts"], came[5]["deleted_ts"]) == (ts, reply, reply)
    assert came[4]["message"]["text"] == "changed"


def test_what_a_program_posts_reaches_the_page(slack: LocalSlack) -> None:
    """A message posted by the real slack_sdk is an event like a person's."""
    client = WebClient(slack.bot_token, base_url=slack.api_url)
    with Events(slack) as events:
        events.next()
        posted = client.chat_postMessage(channel="#ops-log", text="hello")
        _, event = events.next()

    assert (event["ts"], event["text"], event["bot_id"]) == (posted["ts"], "hello", slack.bot_id)


def test_a_page_that_falls_behind_is_told_to_reload(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for one page is bounded: past the bound it is dropped and the page told to fetch the state."""
    monkeypatch.setattr(feed, "EVENTS_WAITING", 0)
    with Events(slack) as events:
        events.next()
        slack.say("#ops-log", "one", user="ada")

        assert events.next() == ("reload", None)


def test_closing_the_server_ends_the_streams() -> None:
    """An open page does not keep the server from closing."""
    slack = LocalSlack().start()
    with Events(slack) as events:
        events.next()
        slack.close()

        assert events.next() == ("end", None)


def test_saying_and_replying_are_a_persons_messages(slack: LocalSlack) -> None:
    """What is typed on the page is stored as the chosen person's message, as Slack's composer would."""
    known = ids(slack)
    place = {"channel": known["#ops-commands"]}
    said = post(slack, "/page/say", place | {"user": known["ben"], "text": "!ping & <b>"}).json
    post(slack, "/page/say", place | {"user": known["ada"], "text": "why", "thread_ts": said["ts"]})

    parent, reply = slack.messages("#ops-commands", thread_ts=said["ts"])

    assert (parent["user"], parent["text"]) == (known["ben"], "!ping &amp; &lt;b&gt;")
    assert parent["blocks"][0]["type"] == "rich_text"
    assert "bot_id" not in parent
    assert (reply["user"], reply["text"], reply["thread_ts"]) == (known["ada"], "why", said["ts"])


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("/nonsense 1", "/nonsense is not a valid command: no app here takes it"),
        ("/ deploy", "'/ deploy' is no slash command: begin with one such as '/deploy', or say() it instead"),
    ],
)
def test_a_slash_command_without_an_app_is_refused(slack: LocalSlack, typed: str, problem: str) -> None:
    """Who types a command that no app takes is told so; nothing is posted."""
    slack.app.commands = frozenset({"/deploy"})
    known = ids(slack)

    answer = post(slack, "/page/say", {"channel": known["#ops-log"], "user": known["ada"], "text": typed})

    assert (answer.status, answer.json["error"]) == (400, problem)
    assert slack.messages("#ops-log") == []


def test_reacting_twice_is_reacting_once_and_can_be_taken_back(slack: LocalSlack) -> None:
    """A reaction that is already as wished is no error to a person."""
    known = ids(slack)
    ts = slack.say("#ops-log", "look", user="ada")
    asked = {"channel": known["#ops-log"], "ts": ts, "name": "eyes", "user": known["ben"]}

    added = [post(slack, "/page/react", asked).status for _ in range(2)]
    after_adding = slack.reactions("#ops-log", ts)
    removed = [post(slack, "/page/react", asked | {"remove": True}).status for _ in range(2)]

    assert (added, after_adding) == ([200, 200], {"eyes": [known["ben"]]})
    assert (removed, slack.reactions("#ops-log", ts)) == ([200, 200], {})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"user": "U0NOBODY0"}, "cannot act here"),
        ({"user": "bot"}, "cannot act here"),
        ({"user": "deactivated"}, "cannot act here"),
        ({"user": None}, "missing or of the wrong type: user"),
        ({"text": 7}, "missing or of the wrong type: text"),
        ({"channel": "C0NOWHERE"}, "no channel"),
        ({"channel": "#war-room"}, "ada is not in #war-room, which is private"),
        ({"thread_ts": "1.000000"}, "thread_not_found"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_reason(
    slack: LocalSlack, change: dict[str, Any], problem: str
) -> None:
    """Only an active person can speak, in a channel that exists; the answer says what was wrong."""
    slack.add_channel("war-room", private=True)
    slack.kick("#war-room", "ada")
    known = ids(slack) | {"bot": slack.bot_user_id, "deactivated": slack.add_user("old", deactivated=True)}
    asked = {"channel": known["#ops-log"], "user": known["ada"], "text": "hello"} | change
    asked["user"] = known.get(asked["user"], asked["user"])

    answer = post(slack, "/page/say", asked)

    assert answer.status == 400
    assert problem in answer.json["error"]
    assert slack.messages("#ops-log") == []


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'"text"', b"null", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(slack: LocalSlack, body: bytes) -> None:
    """Broken bodies are a clear refusal, not a failure of the server."""
    answer = request(
        slack, "/page/say", method="POST", body=body, headers={"Content-Type": "application/json; charset=?"}
    )

    assert (answer.status, set(answer.json)) == (400, {"error"})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
@pytest.mark.parametrize("path", ACTS)
def test_other_sites_cannot_act_as_a_person(slack: LocalSlack, path: str, headers: dict[str, str], status: int) -> None:
    """A form or script of another site, or a foreign name that points here, changes nothing."""
    known = ids(slack)
    ts = slack.say("#ops-log", "mine", user="ada")
    asked = {"channel": known["#ops-log"], "user": known["ada"], "text": "not mine", "ts": ts, "name": "eyes"}
    asked |= {"action_id": "go", "spec": "*=cut_before"}

    answer = request(slack, path, method="POST", body=json.dumps(asked).encode(), headers=JSON | headers)

    assert answer.status == status
    assert [message["text"] for message in slack.messages("#ops-log")] == ["mine"]
    assert slack.reactions("#ops-log", ts) == {}
    assert request(slack, "/page/wire").json["faults"] == []


def test_every_fault_can_be_planned_on_the_page(slack: LocalSlack) -> None:
    """Each kind is offered there, and what the page sends of it is what comes."""
    value = {"SECONDS": ":1", "CODE[:after]": ":internal_error", "[RETRY_AFTER]": ":none", "[STATUS]": ":503", "": ""}
    written = [f"{(*row.only, '*')[0]}={kind}{value[row.value]},times=2" for kind, row in KINDS.items()]

    assert list(state(slack)["faults"]) == list(KINDS)
    assert [post(slack, "/page/fault", {"spec": spec}).status for spec in written] == [200] * len(KINDS)
    assert [f"{method}={fault}" for method, fault in slack.faults()] == written
    assert request(slack, "/page/wire").json["faults"] == written


def test_a_link_of_another_site_may_lead_to_the_page(slack: LocalSlack) -> None:
    """The page and its files hold nothing of the workspace."""
    for path in ("/", "/static/page.js"):
        assert request(slack, path, headers={"Sec-Fetch-Site": "cross-site"}).status == 200


def test_the_page_itself_can_act(slack: LocalSlack) -> None:
    """A request with the page's own origin is let in."""
    known = ids(slack)
    asked = {"channel": known["#ops-log"], "user": known["ada"], "text": "mine"}

    answer = post(slack, "/page/say", asked, Origin=slack.url, Sec_Fetch_Site="same-origin")

    assert answer.status == 200


@pytest.mark.parametrize("path", ["/page/state", "/page/events", "/page/files/F0", "/page/source/C0/1.0", "/page/wire"])
@pytest.mark.parametrize(
    "header", [("Host", "evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")]
)
def test_other_sites_cannot_look(slack: LocalSlack, path: str, header: tuple[str, str]) -> None:
    """What is said here is shown to the page only."""
    assert request(slack, path, headers=dict([header])).status == 403


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("report.html", "text/plain; charset=utf-8"),
        ("picture.svg", "text/plain; charset=utf-8"),
        ("records.jsonl", "text/plain; charset=utf-8"),
        ('a "b"\r\nX-Evil: 1.txt', "text/plain; charset=utf-8"),
        ("chart.png", "image/png"),
    ],
)
def test_files_are_served_as_nothing_a_browser_runs(slack: LocalSlack, name: str, kind: str) -> None:
    """Pictures apart, a file is plain text to the browser, and a download whatever it is."""
    client = WebClient(slack.bot_token, base_url=slack.api_url)
    channel = ids(slack)["#ops-log"]
    client.files_upload_v2(channel=channel, filename=name, content=HOSTILE)
    slack.wait_for(lambda: slack.messages("#ops-log"))
    (message,) = state(slack)["messages"][channel]

    answer = request(slack, f"/page/files/{message['files'][0]['id']}")

    assert (answer.status, answer.body) == (200, HOSTILE.encode())
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Evil" not in answer.headers


def test_a_file_that_does_not_exist_is_not_found(slack: LocalSlack) -> None:
    """An unknown file id is a clear 404."""
    answer = request(slack, "/page/files/F0NOTHING")

    assert (answer.status, answer.json) == (404, {"error": "there is no such file"})


@pytest.mark.parametrize(
    "path", ["/api/chat.postMessage", "/services/T1/B1/x", "/actions/T/1/x", "/link/", "/files/F1/x"]
)
@pytest.mark.parametrize(
    "header",
    [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://127.0.0.1:1"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ],
)
def test_other_sites_cannot_call_what_is_for_programs(slack: LocalSlack, path: str, header: tuple[str, str]) -> None:
    """Not with a token that everybody knows either."""
    answer = request(
        slack, path, method="GET" if path.startswith(("/link/", "/files/")) else "POST", headers=dict([header])
    )
    assert (answer.status, answer.body) == (403, b"refused: sent by a web page of another site")
