"""Errors as living messages, on the local Slack: posted at once, counted in place, quiet in the end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from slack_logging import SlackHandler, Stats
from slack_logging.local import Fault, LocalSlack
from slack_logging.local.state.text import visible_text
from slack_logging.testing import FakeClock

POST, EDIT = "chat.postMessage", "chat.update"
WORDS = "apple bread cheese date egg fig grape honey ice jam kale lemon".split()


@pytest.fixture
def make(slack: LocalSlack) -> Iterator[Callable[..., logging.Logger]]:
    """Make loggers, each with a handler of its own."""
    handlers: list[SlackHandler] = []

    def make_(**options: Any) -> logging.Logger:
        handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, **options)
        handlers.append(handler)
        logger = logging.Logger("shop", logging.DEBUG)
        logger.addHandler(handler)
        return logger

    yield make_
    slack.clear_faults()
    for handler in handlers:
        handler.close()


def handler_of(logger: logging.Logger) -> SlackHandler:
    [handler] = logger.handlers
    assert isinstance(handler, SlackHandler)
    return handler


def shown(slack: LocalSlack) -> list[str]:
    """Return what the channel's messages say."""
    return [visible_text(message) for message in slack.messages("#ops-log")]


def test_repeats_are_counted_in_the_message(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """One message, edited at a bounded rate, however often it comes; nobody is notified again."""
    logger = make()
    logger.error("order %d failed", 1)
    clock.run_until(lambda: slack.messages("#ops-log"))
    for number in range(2, 10):
        logger.error("order %d failed", number)
        clock.run_until(lambda: not handler_of(logger).stats().pending)
    [text] = shown(slack)
    assert "order 1 failed" in text
    assert "x 9, last " in text
    assert (len(slack.calls(POST)), 2 <= len(slack.calls(EDIT)) <= 8) == (1, True)
    moments = [call.time for call in slack.calls(EDIT)]
    assert all(later - earlier >= 5 for earlier, later in pairwise(moments))
    assert handler_of(logger).stats() == Stats(emitted=9, delivered=1, merged=8)


def test_after_the_quiet_the_message_says_so(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """Then the same error is news again; one that came once has nothing to add."""
    logger = make(group_window="1m")
    for _ in range(3):
        logger.error("disk full")
    clock.run_until(lambda: any("quiet; 3 in all, last " in text for text in shown(slack)))
    assert 60 <= clock.monotonic() < 70
    logger.error("disk full")
    clock.run_until(lambda: len(slack.messages("#ops-log")) == 2)
    edits = len(slack.calls(EDIT))
    clock.advance(100)
    logger.info("later")
    clock.run_until(lambda: len(slack.messages("#ops-log")) == 3)
    assert len(slack.calls(EDIT)) == edits


@pytest.mark.parametrize("muted_for", [30.0, 600.0])
def test_where_nothing_came_while_it_was_muted_all_is_quiet_then(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger], muted_for: float
) -> None:
    """The message does not go on as if there was more to come; the same error is news."""
    logger = make(group_window="1m")
    for _ in range(3):
        logger.error("disk full")
    clock.run_until(lambda: handler_of(logger).incidents() and "x 3, last " in shown(slack)[0])
    handler_of(logger).mute(handler_of(logger).incidents()[0].fingerprint, muted_for, by="ada")
    until = clock.monotonic() + muted_for
    clock.run_until(lambda: " by ada" in shown(slack)[0])
    clock.run_until(lambda: "quiet; 3 in all, last " in shown(slack)[0], limit=muted_for + 1)
    assert until <= clock.monotonic() < until + 1
    logger.error("disk full")
    clock.run_until(lambda: len(slack.messages("#ops-log")) == 2)


def test_a_storm_is_one_message_with_the_tracebacks_as_a_file(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """Six kinds of errors come singly; the others are lines of one, each with its count."""
    logger = make(mention="here")
    for word in [*WORDS, *WORDS]:
        error = ValueError(f"no {word}")
        logger.error("cannot buy anything", exc_info=error)
        logger.error(f"the {word} is missing", exc_info=error)
    assert handler_of(logger).flush(timeout=120)
    storms = [text for text in shown(slack) if "kinds of errors, a line each" in text]
    assert len(storms) == 1
    assert storms[0].count(" x2\n") + storms[0].endswith(" x2") >= 1
    slack.wait_for(lambda: slack.files("#ops-log"))
    assert "ValueError: no lemon" in "".join(file.content.decode() for file in slack.files("#ops-log"))
    assert sum("<!here>" in message["text"] for message in slack.messages("#ops-log")) <= 7
    stats = handler_of(logger).stats()
    assert (stats.emitted, stats.pending, stats.dropped) == (48, 0, {})
    assert stats.delivered + stats.merged == 48
    assert {call.status for call in slack.calls()} == {200}


def test_kinds_that_join_a_storm_later_show_their_tracebacks_too(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """Each line says what the exception says, and a file in the thread has the rest; the heading counts."""
    logger = make()
    for number, word in enumerate(WORDS[:9]):
        logger.error(f"the {word} is missing", exc_info=ValueError(f"no {word}"))
        clock.run_until(lambda: handler_of(logger)._delivery.sender.idle)
        if number == 6:
            assert shown(slack)[-1].startswith("1 kind of error\n")
    slack.wait_for(lambda: len(slack.files("#ops-log")) == 3)
    files = "".join(file.content.decode() for file in slack.files("#ops-log"))
    for word in WORDS[6:9]:
        assert f"the {word} is missing: ValueError: no {word}" in shown(slack)[-1]
        assert files.count(f"\nValueError: no {word}\n") == 1
    assert "3 kinds of errors, a line each" in shown(slack)[-1]


@pytest.mark.parametrize("is_extra", [True, False])
def test_what_a_storms_line_cannot_hold_is_in_a_file(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger], is_extra: bool
) -> None:
    """A message of one line that is too long for a line among others is nowhere cut for good."""
    logger = make()
    for word in WORDS[:8]:
        if is_extra:
            logger.error(f"{word} failed", extra={"body": "b" * 100, "url": "u" * 100, "user": "w" * 100, "id": word})
        else:
            logger.error(f"{word} failed: {'<td>x</td>' * 60} end of {word}")
    assert handler_of(logger).flush(timeout=120)
    slack.wait_for(lambda: slack.files("#ops-log"))
    said = "".join(shown(slack)) + "".join(file.content.decode() for file in slack.files("#ops-log"))
    assert [word for word in WORDS[:8] if (f"id={word}" if is_extra else f"end of {word}") not in said] == []


def test_without_files_nothing_is_promised_in_the_thread(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """Once Slack has refused one, messages say that the rest is not shown; after a while a file is tried again."""
    slack.fault("files.completeUploadExternal", Fault.error("missing_scope", times=1))
    logger = make()
    for number, word in enumerate(WORDS[:3]):
        logger.error(f"{word} failed: " + "long " * 4_000)
        clock.run_until(lambda: handler_of(logger)._delivery.sender.idle)
        assert ("the rest is not shown here" in shown(slack)[-1]) is (number > 0)
    for word in WORDS[:8]:
        logger.error(f"{word} failed again\nin detail")
    assert handler_of(logger).flush(timeout=120)
    storm = next(text for text in shown(slack) if "a line each" in text)
    assert "what has more than its line here is not shown" in storm
    assert slack.files("#ops-log") == []
    clock.advance(600)
    logger.error("another one failed: " + "long " * 4_000)
    assert handler_of(logger).flush(timeout=120)
    assert "the file in the thread has more" in shown(slack)[-1]
    slack.wait_for(lambda: len(slack.files("#ops-log")) == 1)


def test_a_text_waits_for_slack_to_take_files_again(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """However long that takes."""
    slack.fault("files.getUploadURLExternal", Fault.server_error(times=None))
    logger = make()
    logger.error("failed: " + "long " * 4_000)
    clock.run_until(lambda: len(slack.calls("files.getUploadURLExternal")) > 12)
    assert slack.files("#ops-log") == []
    slack.clear_faults()
    assert handler_of(logger).flush(timeout=600)
    slack.wait_for(lambda: slack.files("#ops-log"))


def test_an_error_that_goes_on_is_told_again(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """At ten and a hundred, as a reply that the channel sees too."""
    logger = make()
    for number in range(100):
        logger.error("try %d", number)
        if number in (0, 12):
            clock.run_until(lambda: not handler_of(logger).stats().pending)
    assert handler_of(logger).flush(timeout=60)
    clock.run_until(lambda: len(shown(slack)) == 3)
    incident, *told = slack.messages("#ops-log")
    assert [visible_text(each).split(" so far")[0] for each in told] == ["x13", "x100"]
    assert [each["thread_ts"] for each in told] == [incident["ts"]] * 2
    assert handler_of(logger).stats() == Stats(emitted=100, delivered=1, merged=99)


def test_a_message_that_is_gone_is_followed_by_another(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """Somebody may delete it; what repeats after that is shown, with the whole count."""
    logger = make()
    logger.error("disk full")
    assert handler_of(logger).flush(timeout=30)
    slack.delete("#ops-log", slack.messages("#ops-log")[0]["ts"])
    logger.error("disk full")
    clock.run_until(lambda: not handler_of(logger).stats().pending)
    assert "x 2, last " in shown(slack)[0]
    assert handler_of(logger).stats() == Stats(emitted=2, delivered=1, merged=1)


def test_counts_survive_an_outage(clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]) -> None:
    """What repeats while nothing can be posted is in the first message that can."""
    logger = make()
    slack.fault("*", Fault.server_error(times=None))
    for number in range(50):
        logger.error("try %d", number)
    clock.run_until(lambda: len(slack.calls()) > 3)
    slack.clear_faults()
    assert handler_of(logger).flush(timeout=120)
    assert "x 50, last " in shown(slack)[0]
    assert handler_of(logger).stats() == Stats(emitted=50, delivered=1, merged=49)


def test_an_error_that_slack_refuses_is_counted_and_holds_up_no_other(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger], capfd: pytest.CaptureFixture[str]
) -> None:
    """With what it had counted by then; what comes after that is tried anew."""
    logger = make()
    slack.fault(POST, Fault.error("invalid_blocks"))
    logger.error("unfit")
    clock.run_until(lambda: handler_of(logger).stats().dropped)
    for _ in range(3):
        logger.error("unfit")
    logger.error("fine")
    assert handler_of(logger).flush(timeout=30)
    assert len(shown(slack)) == 3
    assert "1 record is not shown here" in shown(slack)[-1]
    stats = handler_of(logger).stats()
    assert stats.dropped.keys() == {"rejected"}
    assert stats.emitted == stats.delivered + stats.merged + stats.dropped["rejected"]
    assert "Slack refuses a record of ours" in capfd.readouterr().err


def test_a_traceback_without_end_comes_as_a_file(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """The message has what happened and where, and the end; the thread has the whole."""

    def deeper(depth: int) -> None:
        if not depth:
            raise OSError("x" * 5_000)
        deeper(depth - 1)

    logger = make()
    try:
        deeper(900)
    except OSError:
        logger.exception("y" * 20_000)
    assert handler_of(logger).flush(timeout=30)
    [text] = shown(slack)
    assert "OSError: xxx" in text
    assert "the file in the thread has more" in text
    [file] = slack.wait_for(lambda: slack.files("#ops-log"))
    assert file.content.decode().count("y") >= 20_000
    assert handler_of(logger).stats() == Stats(emitted=1, delivered=1)


def test_an_exception_that_says_very_much_keeps_its_beginning_and_its_place(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """However long its line is."""
    logger = make()
    try:
        raise ValueError("disk full " + "q" * 20_000 + " in the end")
    except ValueError:
        logger.exception("import failed")
    assert handler_of(logger).flush(timeout=30)
    [text] = shown(slack)
    assert "import failed" in text
    assert "ValueError: disk full qqq" in text
    assert "test_living_messages.py:" in text
    assert text.count(" in the end") == 2  # the line of code, and the end of what it says


@pytest.mark.parametrize(
    ("mention", "text", "element"),
    [
        ("channel", "<!channel>", {"type": "broadcast", "range": "channel"}),
        ("U024BE7LH", "<@U024BE7LH>", {"type": "user", "user_id": "U024BE7LH"}),
        ("S0614TZR7", "<!subteam^S0614TZR7>", {"type": "usergroup", "usergroup_id": "S0614TZR7"}),
    ],
)
def test_a_new_error_mentions_whom_the_configuration_names(
    slack: LocalSlack, make: Callable[..., logging.Logger], mention: str, text: str, element: dict[str, str]
) -> None:
    """In the message and in its notification; a record's own text mentions nobody."""
    logger = make(mention=mention)
    logger.error("disk full of <!everyone>")
    logger.info("no error")
    assert handler_of(logger).flush(timeout=30)
    incident, other = slack.messages("#ops-log")
    assert incident["text"].startswith(f"{text} :red_circle:")
    assert "<!everyone>" not in incident["text"]
    assert [element] in [section["elements"] for section in incident["blocks"][0]["elements"]]
    assert text not in other["text"]


def test_a_muted_error_is_counted_and_not_shown(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """For as long as was said; others are not concerned."""
    logger = make()
    logger.error("noise %d", 1)
    assert handler_of(logger).flush(timeout=30)
    [incident] = handler_of(logger).incidents()
    handler_of(logger).mute(incident.fingerprint, "10m")
    logger.error("noise %d", 2)
    logger.error("signal")
    assert handler_of(logger).flush(timeout=30)
    assert handler_of(logger).stats() == Stats(emitted=3, delivered=2, dropped={"muted": 1})
    clock.advance(601)
    logger.error("noise %d", 3)
    assert handler_of(logger).flush(timeout=30)
    assert handler_of(logger).stats().delivered + handler_of(logger).stats().merged == 3


def test_a_muted_error_says_so_and_is_told_anew_afterwards(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """Until when and by whom, for longer than a window; in the end how many came. Then it is news, with its mention."""
    logger = make(mention="here", group_window="1m")
    for _ in range(3):
        logger.error("noise")
    assert handler_of(logger).flush(timeout=30)
    [incident] = handler_of(logger).incidents()
    [ts] = [message["ts"] for message in slack.messages("#ops-log")]
    assert (incident.ts, incident.channel, incident.records) == (ts, slack.channel_id("#ops-log"), 3)
    assert (incident.summary, incident.muted_until) == ("noise", None)
    handler_of(logger).mute(incident.fingerprint, 600, by="<!channel>\u202e")
    assert handler_of(logger).incidents()[0].muted_until == clock.time() + 600
    clock.run_until(lambda: "muted until 08:10 UTC by <!channel>⟦U+202E⟧" in shown(slack)[0], limit=6)
    assert "broadcast" not in str(slack.messages("#ops-log")[0]["blocks"][0]["elements"][-1])
    before = len(slack.calls(EDIT))
    for _ in range(5):
        logger.error("noise")
    clock.run_until(lambda: "by <!channel>⟦U+202E⟧; 5 more came" in shown(slack)[0], limit=601)
    assert clock.monotonic() == pytest.approx(600, abs=1)
    assert "x 3, last " in shown(slack)[0]
    assert "quiet" not in shown(slack)[0]
    clock.run_until(lambda: handler_of(logger).incidents() == ())
    assert len(slack.calls(EDIT)) - before == 1
    logger.error("noise")
    assert handler_of(logger).flush(timeout=30)
    assert "<!here>" in slack.messages("#ops-log")[1]["text"]
    assert handler_of(logger).stats() == Stats(emitted=9, delivered=2, merged=2, dropped={"muted": 5})


def test_an_error_that_is_unmuted_counts_on(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """In its message, which says how many it left out."""
    logger = make()
    logger.error("noise")
    assert handler_of(logger).flush(timeout=30)
    [incident] = handler_of(logger).incidents()
    handler_of(logger).mute(incident.fingerprint)
    logger.error("noise")
    clock.run_until(lambda: "muted until 09:00 UTC" in shown(slack)[0])
    assert handler_of(logger).unmute(incident.fingerprint)
    assert not handler_of(logger).unmute(incident.fingerprint)
    logger.error("noise")
    clock.run_until(lambda: "x 2, last " in shown(slack)[0])
    clock.run_until(lambda: not handler_of(logger).stats().pending)
    assert "\n1 more came while it was muted\n" in shown(slack)[0]
    assert "muted until" not in shown(slack)[0]
    assert handler_of(logger).stats() == Stats(emitted=3, delivered=1, merged=1, dropped={"muted": 1})


def test_the_mute_is_said_though_edits_fail(
    clock: FakeClock, slack: LocalSlack, make: Callable[..., logging.Logger]
) -> None:
    """It is tried again until Slack has it; a message that is gone is not posted anew for it."""
    logger = make()
    logger.error("noise")
    logger.error("other")
    assert handler_of(logger).flush(timeout=30)
    noise, other = handler_of(logger).incidents()
    slack.fault(EDIT, Fault.server_error(times=3))
    handler_of(logger).mute(noise.fingerprint)
    clock.run_until(lambda: "muted until" in shown(slack)[0])
    slack.delete("#ops-log", other.ts)
    handler_of(logger).mute(other.fingerprint)
    clock.run_until(lambda: slack.calls(EDIT)[-1].error == "message_not_found")
    logger.error("other")
    assert handler_of(logger).flush(timeout=30)
    assert len(shown(slack)) == 1
    assert handler_of(logger).stats() == Stats(emitted=3, delivered=2, dropped={"muted": 1})


def test_secrets_never_reach_the_channel(
    slack: LocalSlack, make: Callable[..., logging.Logger], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in messages, arguments, extra values, tracebacks, notifications or files; what identifies them stays."""
    monkeypatch.setenv("PAYMENT_API_KEY", "correct-horse-battery")
    logger = make(redact={"values": ["open sesame"], "keys": ["pin"]})
    try:
        raise ConnectionError("https://ada:hunter2@db/ refused open sesame")
    except ConnectionError:
        logger.exception("login %s", "password=hunter2 " + "x" * 20_000, extra={"pin": "hunter2", "user": "ada"})
    logger.warning("key correct-horse-battery, token %s", slack.bot_token)
    assert handler_of(logger).flush(timeout=30)
    [file] = slack.wait_for(lambda: slack.files("#ops-log"))
    sent = repr(slack.messages("#ops-log")) + file.content.decode() + repr([call.args for call in slack.calls()])
    for secret in ("hunter2", "open sesame", "correct-horse-battery", "xoxb-test-ops"):
        assert secret not in sent
    assert "https://ada:[redacted]@db/ refused [redacted]" in sent
    assert "password=[redacted]" in sent
    assert "user=ada" in sent


def test_redaction_can_be_turned_off_and_says_so(
    slack: LocalSlack, make: Callable[..., logging.Logger], capfd: pytest.CaptureFixture[str]
) -> None:
    """In full, on stderr, when the handler is made."""
    logger = make(redact=False)
    assert "redact=False: secrets in records reach #ops-log as they are" in capfd.readouterr().err
    logger.warning("password=hunter2")
    assert handler_of(logger).flush(timeout=30)
    assert "password=hunter2" in shown(slack)[0]
