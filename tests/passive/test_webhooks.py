"""A handler that posts by webhook: Slack's, and the Slack-compatible ones of Discord and Mattermost."""

from __future__ import annotations

import gc
import logging
import pickle
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slack_logging import ConfigurationError, SlackHandler, Stats
from slack_logging.local import Fault, LocalSlack, visible_text
from slack_logging.slack.literal import visible
from slack_logging.testing import FakeClock
from tests.chats import Chat, Discord, Mattermost

HOOK = "webhook"

Make = Callable[..., logging.Logger]


@pytest.fixture
def make() -> Iterator[Make]:
    """Make loggers, each with a handler of its own for a webhook."""
    handlers: list[SlackHandler] = []

    def make_(url: str, **options: Any) -> logging.Logger:
        handlers.append(SlackHandler(webhook_url=url, **options))
        logger = logging.Logger("shop", logging.DEBUG)
        logger.addHandler(handlers[-1])
        return logger

    yield make_
    for handler in handlers:
        handler.close()


@pytest.fixture(params=[Discord, Mattermost])
def chat(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Chat]:
    """Run a chat that is not Slack."""
    with request.param(clock) as made:
        yield made


@pytest.fixture
def url(slack: LocalSlack) -> str:
    """Return the address of the webhook for #ops-log."""
    return slack.webhook_url("#ops-log")


def handler_of(logger: logging.Logger) -> SlackHandler:
    [handler] = logger.handlers
    assert isinstance(handler, SlackHandler)
    return handler


def let_pass(clock: FakeClock, seconds: float) -> None:
    """Let time pass, everybody doing meanwhile what is to be done."""
    end = clock.monotonic() + seconds
    clock.run_until(lambda: clock.monotonic() >= end, limit=seconds)


def shown(slack: LocalSlack) -> list[str]:
    return [visible_text(message) for message in slack.messages("#ops-log")]


def test_slack_shows_what_it_would_of_a_bot(slack: LocalSlack, url: str, make: Make) -> None:
    """The same blocks; errors at once, the rest in one message."""
    logger = make(url, mention="here", service="shop")
    logger.error("disk full of <!channel>")
    logger.info("one")
    logger.warning("two")
    assert handler_of(logger).flush(timeout=30)
    error, rest = slack.messages("#ops-log")
    assert error["text"].startswith("<!here> :red_circle: shop: disk full of &lt;!channel&gt;")
    assert "disk full of <!channel>" in visible_text(error)
    assert [part in visible_text(rest) for part in ("shop one", "shop two", "shop · ")] == [True] * 3
    assert {call.method for call in slack.calls()} == {HOOK}
    assert handler_of(logger).stats() == Stats(emitted=3, delivered=3)


def test_repeats_are_told_at_ten_a_hundred_and_when_all_is_quiet(
    clock: FakeClock, slack: LocalSlack, url: str, make: Make
) -> None:
    """And by no other post, however long it goes on; until told, they are pending."""
    logger = make(url, group_window="1m")
    for number in range(120):
        logger.error("order %d failed", number)
        let_pass(clock, 2)
    assert handler_of(logger).stats() == Stats(emitted=120, delivered=1, merged=99, pending=20)
    clock.run_until(lambda: not handler_of(logger).stats().pending)
    first, *told = shown(slack)
    assert "shop order 0 failed" in first
    assert [text.splitlines()[1].split(", last")[0] for text in told] == ["x 10", "x 100", "quiet; 120 in all"]
    assert handler_of(logger).stats() == Stats(emitted=120, delivered=1, merged=119)
    logger.error("order %d failed", 121)
    clock.run_until(lambda: len(shown(slack)) == 5)
    assert "order 121 failed" in shown(slack)[4]
    clock.advance(120)
    logger.info("later")
    assert handler_of(logger).flush(timeout=30)
    let_pass(clock, 100)
    assert len(shown(slack)) == 6  # what came once has nothing to add
    assert "shop later" in shown(slack)[5]


def test_what_was_left_out_of_a_muted_error_is_told_in_the_end(
    clock: FakeClock, slack: LocalSlack, url: str, make: Make
) -> None:
    """It is muted from code, as no message is known that somebody could mute it on."""
    logger = make(url)
    handler = handler_of(logger)
    logger.error("noise")
    assert handler.flush(timeout=30)
    [incident] = handler.incidents()
    assert (incident.summary, incident.channel, incident.ts) == ("noise", "", "")
    again = logging.makeLogRecord({"name": logger.name, "levelno": logging.ERROR, "msg": "noise"})
    assert handler.fingerprint(again) == incident.fingerprint
    handler.mute(incident.fingerprint, "1m")
    for _ in range(20):
        logger.error("noise")
    let_pass(clock, 70)
    assert [("muted until " in text, "; 20 more came" in text) for text in shown(slack)] == [(False,) * 2, (True,) * 2]
    assert handler.stats() == Stats(emitted=21, delivered=1, dropped={"muted": 20})
    logger.error("noise")
    assert handler.flush(timeout=30)
    assert "muted" not in shown(slack)[2]


def test_a_flush_tells_what_is_not_told(slack: LocalSlack, url: str, make: Make) -> None:
    """As the end of the program does; then nothing is pending."""
    logger = make(url)
    for _ in range(3):
        logger.error("disk full")
        slack.wait_for(lambda: shown(slack))
    assert handler_of(logger).flush(timeout=30)
    assert "\nx 3, last " in shown(slack)[1]
    assert handler_of(logger).stats() == Stats(emitted=3, delivered=1, merged=2)
    assert len(shown(slack)) == 2


def test_a_storm_is_told_in_few_posts(clock: FakeClock, slack: LocalSlack, url: str, make: Make) -> None:
    """A few singly, the others as lines, of which those that come later are told after a while."""
    logger = make(url, mention="here", group_window="1m")
    words = "apple bread cheese date egg fig grape honey ice jam kale lemon".split()
    for word in words:
        logger.error(f"no {word}")
    clock.run_until(lambda: not handler_of(logger).stats().pending)
    for word in words:
        logger.error(f"no {word}")
    logger.error("no milk")
    clock.run_until(lambda: "shop no milk" in shown(slack)[-1])
    assert "kinds of errors began or went on" in shown(slack)[-1]
    assert handler_of(logger).flush(timeout=60)
    assert len(shown(slack)) <= 15
    assert handler_of(logger).stats() == Stats(emitted=25, delivered=13, merged=12)
    assert sum("<!here>" in message["text"] for message in slack.messages("#ops-log")) in range(2, 8)
    assert {call.status for call in slack.calls()} == {200}


@pytest.mark.parametrize("fault", [Fault.server_error(times=None), Fault.rate_limited(20), Fault.cut_before(times=3)])
def test_counts_survive_an_outage(clock: FakeClock, slack: LocalSlack, url: str, make: Make, fault: Fault) -> None:
    """What repeats while nothing can be posted is told by the first post that can be."""
    logger = make(url)
    logger.error("try %d", 0)
    clock.run_until(lambda: shown(slack))
    slack.fault(HOOK, fault)
    for number in range(1, 50):
        logger.error("try %d", number)
    clock.run_until(lambda: len(slack.calls(HOOK)) > (1 if fault.times == 1 else 3))
    slack.clear_faults()
    assert handler_of(logger).flush(timeout=120)
    assert sum("x 50, last " in text for text in shown(slack)) == 1
    assert handler_of(logger).stats() == Stats(emitted=50, delivered=1, merged=49)


def test_retry_after_is_obeyed(clock: FakeClock, slack: LocalSlack, url: str, make: Make) -> None:
    """No request before it is over."""
    slack.fault(HOOK, Fault.rate_limited(17))
    logger = make(url)
    logger.error("x")
    clock.run_until(lambda: len(slack.calls(HOOK)) == 2)
    first, second = (call.time for call in slack.calls(HOOK))
    assert second - first >= 17
    assert handler_of(logger).flush(timeout=30)


@pytest.mark.parametrize(("fault", "posted"), [(Fault.cut_after(), [False, True]), (Fault.server_error(), [True])])
def test_a_post_whose_answer_told_nothing_is_repeated_and_says_so(
    clock: FakeClock, slack: LocalSlack, url: str, make: Make, fault: Fault, posted: list[bool]
) -> None:
    """There is no looking whether it is there, so nobody waits for a look; an answer may have come, but of a proxy."""
    slack.fault(HOOK, fault)
    logger = make(url)
    logger.error("once")
    clock.run_until(lambda: len(shown(slack)) == len(posted))
    assert clock.monotonic() <= 1.0  # the first backoff
    assert ["Sent again: nothing told whether it was taken" in text for text in shown(slack)] == posted
    assert {call.method for call in slack.calls()} == {HOOK}
    clock.run_until(lambda: not handler_of(logger).stats().pending)
    assert handler_of(logger).stats() == Stats(emitted=1, delivered=1)


def test_a_webhook_that_is_gone_is_one_line_and_a_slow_look(
    clock: FakeClock, slack: LocalSlack, url: str, make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    """The records are kept; flush does not wait; when it works again, they come."""
    slack.archive("#ops-log")
    logger = make(url)
    logger.error("kept")
    clock.run_until(lambda: len(slack.calls(HOOK)) == 3)
    assert not handler_of(logger).flush(timeout=60)
    assert 15 <= clock.monotonic() < 60
    slack.unarchive("#ops-log")
    clock.run_until(lambda: shown(slack))
    clock.run_until(lambda: not handler_of(logger).stats().pending)
    said = capfd.readouterr().err.splitlines()
    assert [line.partition(" (")[0].split(" webhook ")[0] for line in said] == [
        "slack_logging: nothing is posted to",
        "slack_logging: posting to",
    ]
    assert "channel_is_archived (the webhook's channel is archived: unarchive it" in said[0]


def test_a_record_that_is_refused_is_counted_and_holds_up_no_other(
    clock: FakeClock, slack: LocalSlack, url: str, make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    """Down to the one that is refused; the channel is told of it."""
    for _ in range(2):
        slack.fault(HOOK, Fault.error("invalid_payload"))
    logger = make(url)
    logger.info("unfit")
    logger.info("fine")
    assert handler_of(logger).flush(timeout=30)
    assert handler_of(logger).stats() == Stats(emitted=2, delivered=1, dropped={"rejected": 1})
    assert ["shop fine" in text for text in shown(slack)] == [True, False]
    assert "1 record is not shown here: 1 refused by Slack" in shown(slack)[1]
    assert "Slack refuses a record of ours" in capfd.readouterr().err


def test_a_long_record_promises_no_file(
    slack: LocalSlack, url: str, make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its beginning and its end are shown."""
    logger = make(url)
    logger.info("beginning %s end", "x" * 30_000)
    logger.error("begun %s ended", "y" * 30_000)
    assert handler_of(logger).flush(timeout=30)
    for text, words in zip(sorted(shown(slack)), (("beginning", "end"), ("begun", "ended")), strict=True):
        assert all(word in text for word in words)
        assert "the rest is not shown here" in text
        assert "file" not in text
    assert (slack.files("#ops-log"), capfd.readouterr().err) == ([], "")
    assert handler_of(logger).stats() == Stats(emitted=2, delivered=2)


def test_two_handlers_on_one_webhook_share_its_pace(clock: FakeClock, slack: LocalSlack, url: str, make: Make) -> None:
    """One post a second, together, and no 429."""
    loggers = [make(url), make(url)]
    for number in range(6):
        for logger in loggers:
            logger.error("kind " + "abcdef"[number])
        assert [handler_of(logger).flush(timeout=60) for logger in loggers] == [True, True]
    moments = [call.time for call in slack.calls(HOOK)]
    assert len(moments) == 12
    assert min(later - earlier for earlier, later in pairwise(moments)) >= 0.99
    assert {call.status for call in slack.calls()} == {200}


def test_the_address_shows_nowhere(
    clock: FakeClock,
    slack: LocalSlack,
    url: str,
    make: Make,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not in records, whole or in part; not on stderr, in names, in what is printed and logged, and in no pickle."""
    caplog.set_level(logging.DEBUG)
    secret = url.rpartition("/")[2]
    logger = make(url)
    handler = handler_of(logger)
    slack.fault(HOOK, Fault.error("no_service"))
    logger.error("posting to %s failed, key %s", url, secret)
    clock.run_until(lambda: shown(slack))
    threads = [thread.name for thread in threading.enumerate()]
    assert "posting to [redacted] failed, key [redacted]" in shown(slack)[0]
    said = capfd.readouterr().err
    assert "the webhook is gone" in said
    printed = [repr(handler), repr(vars(handler)), str(handler.stats()), *threads, said, handler.channel, caplog.text]
    assert [text for text in printed if secret in text] == []
    with pytest.raises(TypeError) as caught:
        pickle.dumps(handler)
    assert secret not in str(caught.value)


def test_commands_go_with_a_webhook(clock: FakeClock, slack: LocalSlack, url: str, make: Make) -> None:
    """They have a channel and a token of their own."""
    commands = {"channel": "#ops-commands", "allow": slack.user_id("ada"), "start_delay": 0}
    logger = make(url, token=slack.bot_token, api_url=slack.api_url, commands=commands)
    logger.error("x")
    ts = slack.say("#ops-commands", "!status", user="ada")
    clock.run_until(lambda: "white_check_mark" in slack.reactions("#ops-commands", ts))
    assert len(shown(slack)) == 1
    assert len(slack.calls("users.conversations")) == 1  # for the commands' channel; the webhook's is not known


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"channel": "#ops-log"}, "SlackHandler needs a channel or a webhook_url, got both: give one, such as"),
        ({"webhook_url": None}, "SlackHandler needs a channel or a webhook_url, got neither: give one, such as"),
        ({"webhook_url": "x"}, "webhook_url: expected an address that begins with https://"),
        ({"webhook_url": ""}, "webhook_url: expected text, got ''"),
        ({"webhook_url": b"https://hooks.slack.com/services/T/B/s3cr3t"}, "webhook_url: expected text, got bytes"),
        (
            {"webhook_url": "https://discord.com/api/webhooks/1/s3cr3t"},
            "webhook_url: Discord takes Slack's messages at",
        ),
        (
            {"channel": "https://chat.example.com/hooks/s3cr3t", "webhook_url": None},
            "channel: got an address: a webhook",
        ),
        (
            {"mention": "U024BE7LH"},
            "mention='U024BE7LH': Mattermost knows no ids of Slack's: expected 'here' or 'channel'",
        ),
        ({"mention": ["here", "U024BE7LH"]}, "mention=['here', 'U024BE7LH']: only one can be mentioned: name a user"),
        ({"mention": "here, U024BE7LH"}, "mention='here, U024BE7LH': only one can be mentioned"),
        ({"mention": "ada"}, "mention='ada': expected 'here', 'channel', or the id of a user or user group"),
        ({"context": 5, "webhook": 1}, "SlackHandler has no option"),
    ],
)
def test_a_wrong_option_is_named_and_no_secret_shown(given: dict[str, Any], says: str) -> None:
    """What was got, what is expected; where it is secret, only what is expected."""
    with pytest.raises(ConfigurationError) as caught:
        SlackHandler(**{"webhook_url": "https://chat.example.com/hooks/s3cr3t", **given})
    assert str(caught.value).startswith(says)
    assert "s3cr3t" not in str(caught.value)


def test_the_environment_names_no_webhook(monkeypatch: pytest.MonkeyPatch) -> None:
    """A webhook is used where the configuration says so."""
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "https://chat.example.com/hooks/s3cr3t")
    with pytest.raises(ConfigurationError, match="got neither"):
        SlackHandler()


def test_a_config_of_strings_is_enough(slack: LocalSlack, url: str) -> None:
    """As an INI file gives it."""
    parser = f"""
[loggers]
keys=root
[handlers]
keys=slack
[formatters]
keys=
[logger_root]
level=INFO
handlers=slack
[handler_slack]
class=slack_logging.SlackHandler
args=()
kwargs={{'webhook_url': '{url}', 'level': 'WARNING', 'group_window': '1m'}}
"""
    import configparser
    import logging.config

    config = configparser.RawConfigParser()
    config.read_string(parser)
    logging.config.fileConfig(config, disable_existing_loggers=False)
    logging.getLogger("strings.of.shop").warning("low")
    [handler] = [each for each in logging.getLogger().handlers if isinstance(each, SlackHandler)]
    assert handler.flush(timeout=30)
    assert "strings.of.shop low" in shown(slack)[0]


# -- others' chats -----------------------------------------------------------------------------------------------------


def test_others_show_the_same_as_text(chat: Chat, make: Make) -> None:
    """Level, time, logger, traceback, counts and who speaks; the mention before it."""
    logger = make(chat.url, mention="here", service="shop")
    try:
        raise ValueError("no <stock>")
    except ValueError:
        logger.exception("order failed")
    logger.info("one")
    logger.info("one")
    assert handler_of(logger).flush(timeout=30)
    error, rest = (chat.seen(text) for text in chat.texts)
    assert error[1] == "@here"
    rows = error[0].splitlines()
    assert rows[0].startswith("\N{LARGE RED CIRCLE} ")
    assert rows[0].endswith(" UTC shop order failed")
    assert rows[-2] == "ValueError: no <stock>"
    assert rows[-1].startswith("\N{EM DASH} shop · ")
    assert rest[0].splitlines()[0].endswith(" UTC shop one x2")
    assert rest[1] == ""
    assert handler_of(logger).stats() == Stats(emitted=3, delivered=2, merged=1)


def test_many_records_are_cut_between_records(clock: FakeClock, chat: Chat, make: Make) -> None:
    """Each message stays within the service's limit, full; each record is on one line, whole, in order."""
    logger = make(chat.url)
    lines = [f"{number:03} @here `{'<x|' * (number % 7)}> &amp; done" for number in range(200)]
    for line in lines:
        logger.info(line)
    assert handler_of(logger).flush(timeout=300)
    rows = [row.partition(" shop ")[2] for row in chat.rows() if " shop " in row]
    assert rows == lines
    limit = 2_000 if isinstance(chat, Discord) else 4_000
    assert len(chat.texts) <= 200 * 75 / (limit / 2)
    assert {around for _, around in map(chat.seen, chat.texts)} == {""}
    assert handler_of(logger).stats() == Stats(emitted=200, delivered=200)


def test_long_records_and_storms_fit_too(chat: Chat, make: Make) -> None:
    """An excerpt of what is too long; a line each of what is too many; counts at the end."""
    logger = make(chat.url, mention="channel", service="s" * 100)
    logger.info("@a`" * 9_000)
    try:
        raise ValueError("`@<|>" * 2_000 + " the end")
    except ValueError:
        logger.exception("y" * 9_000)
    assert handler_of(logger).flush(timeout=60)
    kinds = [f"{one}-{other}" for one in "abcdef" for other in "abcdefghij"]
    for kind in kinds:
        for _ in range(2):
            logger.error(f"{kind} " + "@z" * 500)
    logger.name = "l" * 900
    logger.error("last")
    assert handler_of(logger).flush(timeout=300)
    stats = handler_of(logger).stats()
    assert (stats.emitted, stats.pending, stats.dropped) == (123, 0, {})
    assert stats.delivered + stats.merged == 123
    assert any("the rest is not shown here" in row for row in chat.rows())
    assert sum(row.endswith(" the end") for row in chat.rows()) == 1
    assert all(any(f" {kind} @z" in row for row in chat.rows()) for kind in kinds)
    assert all(chat.seen(text)[0].rpartition("\n")[2].startswith("\N{EM DASH} ") for text in chat.texts)
    assert {around for _, around in map(chat.seen, chat.texts)} <= {"", "@channel", "@everyone"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.text(st.characters(codec=None, exclude_categories=[]), min_size=1, max_size=300))
def test_any_text_is_read_as_it_was_logged(clock: FakeClock, chat: Chat, text: str) -> None:
    """Through the whole way: what people read is `visible(text)`."""
    handler = SlackHandler(webhook_url=chat.url, redact=False)
    chat.texts.clear()
    handler.emit(logging.LogRecord("shop", logging.INFO, __file__, 1, f"({text})", None, None))
    assert handler.flush(timeout=30)
    handler.close()
    [(read, around)] = map(chat.seen, chat.texts)
    assert read.partition(" shop ")[2].rpartition("\n\N{EM DASH} ")[0] == visible(f"({text})").replace(
        "\uff1c", "⟦U+FF1C⟧"
    )
    assert around == ""


def test_a_lost_answer_and_a_repeat_are_told_there_too(clock: FakeClock, chat: Chat, make: Make) -> None:
    """The mark is part of the text."""
    chat.answers.append((0, "", True))
    logger = make(chat.url)
    logger.error("once")
    clock.run_until(lambda: len(chat.texts) == 2)
    assert ["Sent again" in chat.seen(text)[0] for text in chat.texts] == [False, True]
    for _ in range(9):
        logger.error("once")
    clock.run_until(lambda: len(chat.texts) == 3)
    assert "x 10, last " in chat.seen(chat.texts[2])[0]
    assert handler_of(logger).flush(timeout=30)


def test_discord_is_left_alone_for_as_long_as_its_body_says(clock: FakeClock, make: Make) -> None:
    """It sends the wait in JSON, in fractions of a second."""
    with Discord(clock) as chat:
        chat.answers.append((429, '{"message": "You are being rate limited.", "retry_after": 6.457}', False))
        logger = make(chat.url)
        logger.error("x")
        clock.run_until(lambda: chat.texts)
        first, second = chat.requests
        assert second - first >= 6.457
        assert handler_of(logger).flush(timeout=30)


def test_a_handler_leaves_nothing_behind(clock: FakeClock, chat: Chat) -> None:
    """Its client goes with it: an address that nobody uses any more is forgotten."""
    from slack_logging.slack import webhook

    def is_known() -> bool:
        return any(isinstance(key, tuple) and chat.url in key for key in webhook._shared._made)

    handler = SlackHandler(webhook_url=chat.url)
    handler.emit(logging.LogRecord("shop", logging.ERROR, __file__, 1, "x", None, None))
    assert handler.flush(timeout=30)
    assert is_known()
    thread = handler._delivery._worker.thread
    handler.close()
    if thread is not None:
        clock.run_until(lambda: not thread.is_alive())
    del handler
    gc.collect()
    assert not is_known()


# -- what else needs a thread or a file --------------------------------------------------------------------------------


def test_more_than_the_pace_can_carry_is_counted_and_lost(slack: LocalSlack, url: str, make: Make) -> None:
    """A digest tells how many there were; no file holds them, and the channel is told so."""
    logger = make(url)
    slack.fault(HOOK, Fault.rate_limited(30))
    logger.error("first")
    for number in range(3_000):
        logger.info("step %d %s", number, "x" * 300)
    logger.error("last")
    assert handler_of(logger).flush(timeout=600)
    stats = handler_of(logger).stats()
    assert stats.dropped.keys() == {"overflow"}
    assert stats.dropped["overflow"] >= 2_000
    assert (stats.adds_up, stats.pending) == (True, 0)
    everything = "\n".join(shown(slack))
    assert f"{stats.dropped['overflow']:,} records were too many to show one by one" in everything
    assert f"{stats.dropped['overflow']:,} records are not shown here" in everything
    assert "in the thread" not in everything
    assert everything.count(" UTC shop step ") == stats.delivered - 2


def test_a_chat_with_small_messages_has_less_room_before_that(clock: FakeClock, chat: Chat, make: Make) -> None:
    """Twenty messages of its own may wait, not of Slack's."""
    logger = make(chat.url)
    chat.answers.append((429, '{"retry_after": 30}', False))
    logger.error("first")
    clock.run_until(lambda: chat.requests)
    for number in range(400):
        logger.info("%03d @%s", number, "`<@" * 100)
    assert handler_of(logger).flush(timeout=600)
    stats = handler_of(logger).stats()
    assert stats.dropped == {"overflow": 400}
    assert len(chat.texts) <= 4
    assert any("400 records were too many to show one by one: 400 INFO" in row for row in chat.rows())


def test_what_led_to_an_error_comes_after_it(slack: LocalSlack, url: str, make: Make) -> None:
    """In the channel, as there are no threads to be had."""
    logger = make(url, context=2)
    for number in range(5):
        logger.info("step %d", number)
    logger.error("failed")
    assert handler_of(logger).flush(timeout=30)
    error, context = shown(slack)
    assert "shop failed" in error
    assert [f"step {number}" in context for number in range(5)] == [False, False, False, True, True]
    assert handler_of(logger).stats() == Stats(emitted=6, delivered=3, dropped={"context": 3})


def test_a_record_may_go_into_a_thread_of_slacks(slack: LocalSlack, url: str, make: Make) -> None:
    """A webhook can answer a message that is known by its `ts`; what repeats goes there, too."""
    ts = slack.say("#ops-log", "how is it?", user="ada")
    logger = make(url)
    logger.error("bad", extra={"slack": {"thread": ts}})
    slack.wait_for(lambda: len(slack.messages("#ops-log", thread_ts=ts)) == 2)
    logger.error("bad", extra={"slack": {"thread": ts}})
    assert handler_of(logger).flush(timeout=30)
    _, first, second = (visible_text(message) for message in slack.messages("#ops-log", thread_ts=ts))
    assert "shop bad" in first
    assert "\nx 2, last " in second


def test_others_know_no_threads(chat: Chat, make: Make) -> None:
    """There, all is in the channel, and a message is not cut where a thread would begin."""
    logger = make(chat.url)
    logger.info("one")
    logger.info("two", extra={"slack": {"thread": "1800000000.000100"}})
    assert handler_of(logger).flush(timeout=30)
    assert [" shop " in row for row in chat.rows()] == [True, True, False]
