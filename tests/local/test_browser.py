"""The web page in a real Chromium, driven by Playwright: what people see of the local Slack and do in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from slack_logging.local import Fault, LocalSlack
from slack_logging.local.page import routes
from tests.local.conftest import Open
from tests.local.listening import Client, url_of
from tests.local.showcase import BUTTON, message, pane, said
from tests.ports import lasting_port

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright").expect


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(rate_limit=0) as running:
        yield running


def write(page: Page, channel: str, text: str, *, person: str = "ada") -> None:
    box = page.get_by_role("textbox", name=f"Message {channel} as {person}")
    box.fill(text)
    box.press("Enter")


def test_what_is_typed_is_in_the_api(slack: LocalSlack, page: Page) -> None:
    """Enter sends what is typed as the chosen person's message; Shift+Enter begins a line."""
    box = page.get_by_role("textbox", name="Message #ops-commands as ada")
    box.fill("!status")
    box.press("Shift+Enter")
    box.type("please")
    box.press("Enter")
    expect(message(page, "please")).to_be_visible()
    expect(box).to_have_value("")

    (typed,) = slack.messages("#ops-commands")

    assert (typed["text"], typed["user"]) == ("!status\nplease", slack.user_id("ada"))


#: Holds what the page posts to say something; `goOn` waits for one and lets it go on, or refuses it with an error.
HOLD = """() => {
  const [send, held] = [window.fetch, []];
  let onCome = () => {};
  const holding = () => new Promise((resolve) => { held.push(resolve); onCome(); });
  const answer = (error, ...asked) => error ? new Response(JSON.stringify({ error }), { status: 400 }) : send(...asked);
  window.fetch = (path, asked) =>
    path === "/page/say" ? holding().then((error) => answer(error, path, asked)) : send(path, asked);
  window.goOn = async (error) => {
    if (held.length === 0) await new Promise((resolve) => { onCome = resolve; });
    held.shift()(error);
  };
}"""


def go_on(page: Page, error: str = "") -> None:
    page.evaluate("(error) => goOn(error)", error)


def test_each_enter_is_a_message_of_its_own(slack: LocalSlack, page: Page) -> None:
    """Whoever types on while a message is being sent has every line posted, as typed and in order."""
    page.evaluate(HOLD)
    box = page.get_by_role("textbox", name="Message #ops-commands as ada")
    for text in ("one", "two", "three"):
        box.press_sequentially(text)
        box.press("Enter")
        expect(box).to_have_value("")
    for _ in range(3):
        go_on(page)
    expect(message(page, "three")).to_be_visible()

    assert [typed["text"] for typed in slack.messages("#ops-commands")] == ["one", "two", "three"]


def test_what_is_not_sent_comes_back_with_all_behind_it(slack: LocalSlack, page: Page) -> None:
    """The reason is shown, what is being typed stays, and Enter sends it all once more."""
    page.evaluate(HOLD)
    box = page.get_by_role("textbox", name="Message #ops-commands as ada")
    for text in ("one", "two"):
        box.press_sequentially(text)
        box.press("Enter")
    box.press_sequentially("thr")
    go_on(page, "not now")
    expect(pane(page, "#ops-commands").locator(".composer .problem")).to_have_text("Not sent: not now")
    expect(box).to_have_value("one\ntwo\nthr")

    box.press("Enter")
    go_on(page)
    expect(message(page, "thr")).to_be_visible()
    expect(pane(page, "#ops-commands").locator(".composer .problem")).to_be_empty()

    assert [typed["text"] for typed in slack.messages("#ops-commands")] == ["one\ntwo\nthr"]


def test_what_waits_is_said_by_nobody_else_and_nowhere_else(slack: LocalSlack, page: Page) -> None:
    """A text that waits while another person is chosen comes back instead."""
    page.evaluate(HOLD)
    box = page.get_by_role("textbox", name="Message #ops-commands as ada")
    for text in ("one", "two"):
        box.press_sequentially(text)
        box.press("Enter")
    page.get_by_role("combobox", name="You are").select_option("ben")
    go_on(page)
    expect(page.get_by_role("textbox", name="Message #ops-commands as ben")).to_have_value("two")
    expect(pane(page, "#ops-commands").locator(".composer .problem")).to_have_text(
        'Not sent: it was written under "Message #ops-commands as ada"'
    )

    [said_by_ada] = slack.messages("#ops-commands")

    assert (said_by_ada["text"], said_by_ada["user"]) == ("one", slack.user_id("ada"))


def test_changes_show_live(slack: LocalSlack, page: Page, client: WebClient) -> None:
    """A post, its edit and its deletion show in the channel's pane as they happen."""
    posted = client.chat_postMessage(channel=slack.channel_id("ops-log"), text="first words")
    slack.say("#ops-commands", "beside it", user="ben")
    expect(pane(page, "#ops-log").locator(".message")).to_contain_text("first words")
    expect(pane(page, "#ops-commands").locator(".message")).to_contain_text("beside it")
    expect(page.locator("[aria-live=polite]")).to_have_text(
        re.compile("ben in #ops-commands: beside it|2 new messages")
    )

    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="other words")
    expect(pane(page, "#ops-log").locator(".message")).to_contain_text("other words (edited)")

    client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    expect(pane(page, "#ops-log").locator(".message")).to_have_count(0)


def test_both_panes_can_show_one_channel(slack: LocalSlack, page: Page) -> None:
    """What is posted shows in every pane that shows its channel."""
    pane(page, "#ops-commands").get_by_role("combobox", name="Channel").select_option("#ops-log")
    slack.say("#ops-log", "twice", user="ben")

    expect(said(page, "twice")).to_have_count(2)


def test_a_reload_shows_the_same_channels(slack: LocalSlack, page: Page) -> None:
    """The address holds them; what it says of a channel that is not there counts for nothing."""
    pane(page, "#ops-commands").get_by_role("combobox", name="Channel").select_option("#general")
    page.reload()
    expect(pane(page, "#general")).to_be_visible()
    expect(pane(page, "#ops-log")).to_be_visible()
    expect(page).to_have_url(re.compile(f"#{slack.channel_id('ops-log')},{slack.channel_id('general')}$"))

    page.evaluate(f"location.hash = '#{slack.channel_id('general')},C0NOWHERE'")
    page.reload()
    expect(pane(page, "#general")).to_be_visible()
    expect(pane(page, "#ops-commands")).to_be_visible()


def test_a_thread_opens_in_place(slack: LocalSlack, page: Page) -> None:
    """The line below a message opens its thread there; what is typed into it is a reply."""
    ts = slack.say("#ops-log", "parent", user="ben")
    slack.say("#ops-log", "the first reply", user="ada", thread_ts=ts)
    page.get_by_role("button", name="1 reply").click()
    expect(said(page, "the first reply")).to_be_visible()

    reply = page.get_by_role("textbox", name="Reply as ada")
    reply.fill("the second")
    reply.press("Enter")
    expect(page.locator(".replies .message")).to_have_count(2)
    page.get_by_role("button", name="Close thread").click()

    expect(page.get_by_role("button", name="2 replies")).to_be_visible()
    expect(said(page, "the first reply")).to_be_hidden()
    assert [one["text"] for one in slack.messages("#ops-log", thread_ts=ts)][1:] == ["the first reply", "the second"]


def test_a_deleted_parent_leaves_a_placeholder(slack: LocalSlack, page: Page, open_page: Open) -> None:
    """A deleted message with replies stays as a placeholder, for who was looking and for who comes later."""
    ts = slack.say("#ops-log", "regretted", user="ben")
    slack.say("#ops-log", "answer", user="ada", thread_ts=ts)
    expect(said(page, "regretted")).to_be_visible()
    slack.delete("#ops-log", ts)

    for shown in (page, open_page(slack)):
        expect(said(shown, "This message was deleted.")).to_be_visible()
        expect(said(shown, "regretted")).to_have_count(0)
        expect(shown.get_by_role("button", name="1 reply")).to_be_visible()


def test_a_click_on_a_reaction_adds_or_takes_back_ones_own(slack: LocalSlack, page: Page) -> None:
    """A chip tells who reacted, and toggles the reaction of who is at the page."""
    ts = slack.say("#ops-log", "look", user="ada")
    slack.react("#ops-log", ts, "eyes", user="ben")
    chip = page.locator(".chip")
    expect(chip).to_have_attribute("aria-label", "eyes, 1, by ben; add yours")

    chip.click()
    expect(chip).to_have_attribute("aria-label", "eyes, 2, by ben, ada; remove yours")
    assert slack.reactions("#ops-log", ts) == {"eyes": [slack.user_id("ben"), slack.user_id("ada")]}

    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    assert slack.reactions("#ops-log", ts) == {"eyes": [slack.user_id("ben")]}


def test_a_file_opens(slack: LocalSlack, page: Page, client: WebClient) -> None:
    """A shared file shows its name and size; its text opens in place, and it can be downloaded."""
    client.files_upload_v2(channel=slack.channel_id("ops-log"), filename="batch.jsonl", content='{"level": "ERROR"}')
    page.get_by_label("Preview batch.jsonl").click()
    expect(page.get_by_label("Content of batch.jsonl")).to_have_text('{"level": "ERROR"}')

    with page.expect_download() as download:
        page.get_by_role("link", name="batch.jsonl").click()

    assert download.value.suggested_filename == "batch.jsonl"


def test_a_private_channel_is_seen_by_its_members(slack: LocalSlack, page: Page) -> None:
    """Who is not in it reads and writes nothing there; once he is invited he does, without a reload."""
    slack.add_channel("war-room", private=True)
    slack.kick("#war-room", "ben")
    slack.say("#war-room", "a secret", user="ada")
    pane(page, "#ops-log").get_by_role("combobox", name="Channel").select_option("🔒 #war-room (1 new)")
    expect(said(page, "a secret")).to_be_visible()

    page.get_by_role("combobox", name="You are").select_option("ben")
    expect(said(page, "a secret")).to_have_count(0)
    expect(page.get_by_role("textbox", name="ben is not in #war-room: it is private")).to_be_disabled()
    expect(said(page, "Only members see #war-room")).to_be_visible()

    slack.invite("#war-room", "ben")
    expect(said(page, "a secret")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message #war-room as ben")).to_be_enabled()
    slack.kick("#war-room", "ben")
    expect(said(page, "a secret")).to_have_count(0)


def test_a_channel_that_is_removed_gives_way_to_one_not_shown_yet(slack: LocalSlack, page: Page) -> None:
    """Not to that of the other pane."""
    slack.remove_channel("#ops-commands")
    expect(pane(page, "#general")).to_be_visible()
    expect(pane(page, "#ops-log")).to_have_count(1)


def test_an_ephemeral_message_is_seen_by_one_person(slack: LocalSlack, page: Page, client: WebClient) -> None:
    """What is meant for one person's eyes shows to nobody else, and says so; it is still there after a reload."""
    client.chat_postEphemeral(channel=slack.channel_id("ops-log"), user=slack.user_id("ben"), text="psst")
    slack.say("#ops-log", "for all", user="ben")
    expect(said(page, "for all")).to_be_visible()
    expect(said(page, "psst")).to_have_count(0)

    page.get_by_role("combobox", name="You are").select_option("ben")
    expect(message(page, "psst")).to_contain_text("Only visible to you")
    expect(message(page, "psst").locator(".author")).to_have_text("ops")
    page.reload()

    expect(message(page, "psst")).to_contain_text("Only visible to you")


def test_a_click_goes_to_the_app_whose_button_it_is(page: Page, client: WebClient) -> None:
    """A click on a button is brought to its app; that the app is not connected is told to who clicked."""
    client.chat_postMessage(channel="#ops-log", text="ask", blocks=[{"type": "actions", "elements": [BUTTON]}])
    page.get_by_role("button", name="Go").click()

    expect(message(page, 'that click failed with the error "dispatch_failed"')).to_contain_text("Only visible to you")
    expect(page.locator(".message .problem").first).to_be_empty()


def test_a_click_on_an_attachments_button_is_a_click_on_that_one(
    slack: LocalSlack, page: Page, client: WebClient
) -> None:
    """Though the message has another of the same name."""
    main, attached = (
        {**BUTTON, "text": {"type": "plain_text", "text": text}, "value": text} for text in ("Main", "Att")
    )
    blocks = [[{"type": "actions", "elements": [button]}] for button in (main, attached)]
    with Client(url_of(slack)) as connection:
        connection.next()
        slack.app.events = frozenset()
        client.chat_postMessage(channel="#ops-log", text="x", blocks=blocks[0], attachments=[{"blocks": blocks[1]}])

        page.get_by_role("button", name="Att", exact=True).click()

        assert [action["value"] for action in connection.envelope()["payload"]["actions"]] == ["Att"]


def test_buttons_without_a_name_work_and_links_open(slack: LocalSlack, page: Page, client: WebClient) -> None:
    """A click on either is brought to the app."""
    plain, link = ({"type": "button", "text": {"type": "plain_text", "text": text}} for text in ("Plain", "Link"))
    elements = [plain, link | {"url": f"{slack.url}/static/icon.svg"}]
    with Client(url_of(slack)) as connection:
        connection.next()
        slack.app.events = frozenset()
        client.chat_postMessage(channel="#ops-log", text="x", blocks=[{"type": "actions", "elements": elements}])
        page.get_by_role("button", name="Plain").click()
        first = connection.envelope()["payload"]["actions"][0]
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Link").click()
        second = connection.envelope()["payload"]["actions"][0]

        assert popup.value.url.endswith("/static/icon.svg")
        assert [action["text"]["text"] for action in (first, second)] == ["Plain", "Link"]
        assert first["action_id"] != second["action_id"]


def test_a_click_that_no_app_takes_says_so(slack: LocalSlack, page: Page) -> None:
    """What goes wrong with a click is told below the message."""
    blocks = [{"type": "actions", "block_id": "ask", "elements": [BUTTON]}]
    slack.say("#ops-log", "ask", user="ben", blocks=blocks)
    page.get_by_role("button", name="Go").click()

    expect(page.locator(".message .problem")).to_contain_text("nobody takes the click")
    expect(page.get_by_role("button", name="Go")).to_be_enabled()


def test_a_slash_command_goes_to_its_app_and_is_no_message(slack: LocalSlack, page: Page) -> None:
    """What begins with a slash is brought to the app that takes it; that it is not connected is told to who typed."""
    write(page, "#ops-commands", "/deploy api")

    expect(message(page, '/deploy failed with the error "dispatch_failed"')).to_contain_text("Only visible to you")
    expect(page.get_by_role("textbox", name="Message #ops-commands as ada")).to_have_value("")
    assert slack.messages("#ops-commands") == []


def test_what_came_unseen_is_counted_until_it_is_read(slack: LocalSlack, page: Page) -> None:
    """A channel that nobody sees counts its messages; shown, it has a line above the first, and counts none."""
    slack.say("#general", "first unseen", user="ben")
    slack.say("#general", "second unseen", user="ben")
    slack.say("#general", "my own", user="ada")
    expect(page).to_have_title("(2) Local Slack")

    pane(page, "#ops-log").get_by_role("button", name="Show #general 2 new").click()

    expect(page).to_have_title("Local Slack")
    expect(page.locator("[data-new]")).to_contain_text("first unseen")
    slack.say("#general", "seen at once", user="ben")
    expect(page.locator("[data-new]")).to_have_count(0)
    expect(page).to_have_title("Local Slack")


def test_a_fresh_page_takes_what_is_there_for_read(slack: LocalSlack, client: WebClient, open_page: Open) -> None:
    """Also what one person sees: no line says that it is new."""
    client.chat_postEphemeral(channel=slack.channel_id("ops-log"), user=slack.user_id("ada"), text="of old")

    page = open_page(slack)

    expect(message(page, "of old")).to_be_visible()
    expect(page.locator("[data-new]")).to_have_count(0)


def test_the_name_of_a_control_contains_what_it_shows(slack: LocalSlack, page: Page) -> None:
    """Who speaks to the machine says what he sees."""
    slack.say("#general", "unseen", user="ben")

    chip = pane(page, "#ops-log").get_by_role("button", name="Show #general")

    expect(chip).to_have_text("#general 1")
    expect(chip).to_have_accessible_name("Show #general 1 new")


def test_what_comes_below_the_view_is_new_until_one_goes_there(slack: LocalSlack, page: Page) -> None:
    """Who reads further up is not pulled down, but told; going to the end reads it."""
    for number in range(40):
        slack.say("#ops-log", f"line {number}", user="ben")
    shown = pane(page, "#ops-log")
    expect(shown.get_by_text("line 39")).to_be_in_viewport()
    shown.locator(".scroller").hover()
    page.mouse.wheel(0, -400)
    expect(shown.get_by_text("line 39")).not_to_be_in_viewport()

    slack.say("#ops-log", "the newest", user="ben")
    expect(page).to_have_title("(1) Local Slack")
    expect(shown.get_by_text("the newest")).not_to_be_in_viewport()
    shown.get_by_role("button", name="New messages").click()

    expect(shown.get_by_text("the newest")).to_be_in_viewport()
    expect(page).to_have_title("Local Slack")


def test_who_speaks_can_be_changed(slack: LocalSlack, page: Page) -> None:
    """The picker, the picture beside the box and the key `u` change who speaks, and all say who it is."""
    page.get_by_role("combobox", name="You are").select_option("ben")
    write(page, "#ops-commands", "I am ben", person="ben")
    page.get_by_role("button", name="Speaking as ben; switch person").first.click()
    write(page, "#ops-commands", "I am ada")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect(page.get_by_role("textbox", name="Message #ops-log as ben")).to_be_visible()
    expect(message(page, "I am ada")).to_be_visible()

    spoken = [(one["user"], one["text"]) for one in slack.messages("#ops-commands")]

    assert spoken == [(slack.user_id("ben"), "I am ben"), (slack.user_id("ada"), "I am ada")]
    assert page.locator("#face .face").get_attribute("class") == pane(page, "#ops-log").locator(
        ".speaker .face"
    ).get_attribute("class")


def test_the_panel_shows_limits_and_plans_faults(open_page: Open) -> None:
    """Each limit in use shows what is left of it; a fault added here happens, and can be cleared."""
    with LocalSlack() as slack:
        page = open_page(slack)
        client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        client.chat_postMessage(channel="#ops-log", text="one")
        page.get_by_role("button", name="Limits").click()
        panel = page.get_by_role("complementary", name="Rate limits and faults")
        expect(panel.locator("meter")).not_to_have_count(0)
        expect(panel.locator(".buckets")).to_contain_text("#ops-log")
        expect(panel.locator(".buckets")).to_contain_text("of 300, +300/min")
        expect(panel).to_contain_text("1 call so far")

        panel.get_by_label("Method").fill("chat.postMessage=tls")  # as in the terminal
        panel.get_by_role("button", name="Add").click()
        expect(panel.locator("input:invalid")).to_have_attribute("title", re.compile("Only the method: "))
        expect(panel.get_by_role("alert")).to_be_empty()
        panel.get_by_label("Method").fill("chat.postMessage")
        panel.get_by_label("Kind of fault").select_option("rate_limited")
        panel.get_by_role("button", name="Add").click()
        expect(panel.locator(".specs code")).to_contain_text("chat.postMessage=rate_limited")
        with pytest.raises(SlackApiError, match="ratelimited"):
            client.chat_postMessage(channel="#ops-log", text="two")
        expect(panel.get_by_role("region", name="Failed")).to_contain_text("chat.postMessage ratelimited")
        expect(panel.locator(".specs code")).to_have_count(0)

        panel.get_by_label("Method").fill("*")
        panel.get_by_label("Kind of fault").select_option("error")
        panel.get_by_role("button", name="Add").click()
        expect(panel.get_by_role("alert")).to_have_text("error needs a value: expected error:CODE[:after]")
        panel.get_by_label("probability").fill("2")  # which the browser itself refuses
        panel.get_by_role("button", name="Add").click()
        expect(panel.get_by_role("alert")).to_be_empty()
        panel.get_by_label("Value").fill("internal_error")
        panel.get_by_label("times").fill("")
        panel.get_by_label("probability").fill("0.99")
        panel.get_by_role("button", name="Add").click()
        expect(panel.locator(".specs code")).to_have_text("*=error:internal_error,times=forever,probability=0.99")
        with pytest.raises(SlackApiError, match="internal_error"):
            client.users_list()
        panel.get_by_role("button", name="Clear all faults").click()
        expect(panel.locator(".specs")).to_contain_text("None")
        assert client.chat_postMessage(channel="#ops-log", text="three")["ok"]


def test_the_panel_opened_before_anything_is_known_is_whole(slack: LocalSlack, page: Page) -> None:
    """Who presses `w` right after the page has loaded can plan a fault as soon as the state has come."""
    held: list[Route] = []
    page.route("**/page/state", lambda route: held.append(route), times=1)
    with page.expect_request("**/page/state"):
        page.reload()
    page.keyboard.press("w")
    panel = page.get_by_role("complementary", name="Rate limits and faults")
    expect(panel).to_have_count(1)
    held[0].continue_()

    panel.get_by_label("Method").fill("chat.postMessage")
    panel.get_by_label("Kind of fault").select_option("rate_limited")
    panel.get_by_role("button", name="Add").click()

    expect(panel.locator(".specs code")).to_contain_text("chat.postMessage=rate_limited")
    assert page.locator("#methods option").count() > 20


def test_the_panel_shows_what_faults_do(slack: LocalSlack, page: Page, client: WebClient) -> None:
    """What was planned once and has happened: that a call waits, that a connection is deaf, what is to come again."""
    with Client(url_of(slack)) as connection:
        connection.next()
        slack.fault("socket", Fault.deaf())
        slack.fault("api.test", Fault.latency(3600))
        slack.say("#ops-log", "swallowed", user="ada")
        impatient = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        impatient.timeout = 0.1  # type: ignore[assignment]  # slack_sdk declares whole seconds, urllib takes fractions
        with pytest.raises(TimeoutError):
            impatient.api_test()

        page.get_by_role("button", name="Limits").click()

        panel = page.get_by_role("complementary", name="Rate limits and faults")
        expect(panel.get_by_role("region", name="Faults")).to_contain_text("api.test=latency:3600 under way")
        expect(panel.get_by_role("region", name="Faults")).to_contain_text("socket=deaf")
        expect(panel.get_by_role("region", name="Connections")).to_contain_text("1 sent, 0 acknowledged deaf")
        expect(panel.get_by_role("region", name="Connections")).to_contain_text("@ops message not acknowledged yet")


def test_of_a_flood_the_end_is_drawn(slack: LocalSlack, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all that came while the page fetched what there is: a browser takes long for thousands of messages."""
    monkeypatch.setattr(routes, "MESSAGES_SHOWN", 10)

    def flood(route: Route) -> None:
        state = route.fetch()
        for number in range(100):
            slack.say("#ops-log", f"number {number}", user="ada")
        route.fulfill(response=state)

    page.route("**/page/state", flood, times=1)
    page.reload()

    expect(message(page, "number 99")).to_be_visible()
    # the last few may come when the page has what there is, and are drawn beside the ten
    assert page.locator(".message").count() < 50


def test_the_page_comes_back_with_the_server(open_page: Open) -> None:
    """When the server goes, the page says so; when one is there again, it shows what is there now."""
    port = lasting_port()
    first = LocalSlack(port=port).start()
    page = open_page(first)
    first.close()
    expect(page.get_by_role("alert").filter(has_text="gone away")).to_be_visible()
    write(page, "#ops-log", "lost?")
    expect(page.locator(".composer .problem").first).to_have_text("Not sent: the local Slack does not answer")
    expect(page.get_by_role("textbox", name="Message #ops-log as ada")).to_have_value("lost?")

    with LocalSlack(port=port) as second:
        second.say("#ops-log", "I am back", user="ben")
        expect(said(page, "I am back")).to_be_visible()
        expect(page.locator("#status")).to_have_text("Live")
        expect(page.locator("#notice")).to_be_hidden()
