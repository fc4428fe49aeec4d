"""A handler copied, pickled and printed: the copy works, and no secret leaves by the way."""

from __future__ import annotations

import copy
import inspect
import logging
import pickle
from collections.abc import Callable

import pytest

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.testing import FakeClock
from tests.passive.conftest import shown

OURS = "xoxb-test-very-secret"

#: Another value than the default for every option that a copy has.
OPTIONS = {
    "channel": "#ops-log",
    "token": OURS,
    "api_url": "http://127.0.0.1:1/api/",
    "level": logging.ERROR,
    "service": "shop",
    "flush_interval": 2.5,
    "group_window": 600.0,
    "context": 20,
    "mention": "here",
    "max_bytes": 100_000,
    "redact": {"keys": ["ssn"]},
    "close_timeout": 0.5,
}


def again(handler: SlackHandler) -> SlackHandler:
    copied = pickle.loads(pickle.dumps(handler))  # noqa: S301 - our own
    assert isinstance(copied, SlackHandler)
    return copied


def test_every_option_is_tried() -> None:
    """A copy reads no commands: one reader is enough."""
    assert set(OPTIONS) == set(inspect.signature(SlackHandler).parameters) - {"unknown", "commands", "webhook_url"}


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, again])
def test_a_copy_is_configured_alike(way: Callable[[SlackHandler], SlackHandler]) -> None:
    """Formatter and filters as well; a token stays in the process."""
    handler = SlackHandler(**OPTIONS)  # type: ignore[arg-type] # a mapping of all types
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.addFilter(logging.Filter("shop"))
    copied = way(handler)
    expected = {**OPTIONS, "token": OURS if way is not again else None}
    assert copied._configured() == {name: value for name, value in expected.items() if value is not None}
    assert copied.formatter is not None
    assert [each.name for each in copied.filters if isinstance(each, logging.Filter)] == ["shop"]


def test_a_copy_by_webhook_is_configured_alike() -> None:
    """Its address stays in the process, and does not show."""
    url = "https://hooks.slack.com/services/T0/B0/very-secret-very-secret-0"
    handler = SlackHandler(webhook_url=url)
    assert copy.deepcopy(handler)._configured()["webhook_url"] == url
    with pytest.raises(TypeError, match="cannot pickle a SlackHandler whose webhook_url is a secret") as refusal:
        pickle.dumps(handler)
    assert "very-secret" not in str(refusal.value) + repr(vars(handler)) + repr(handler._configured())


def test_a_copy_delivers_what_it_gets_itself(clock: FakeClock, slack: LocalSlack) -> None:
    """It begins empty, beside the handler that it was made from."""
    handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url)
    handler.handle(logging.makeLogRecord({"name": "shop", "msg": "for one", "levelno": logging.INFO}))
    copied = copy.deepcopy(handler)
    copied.handle(logging.makeLogRecord({"name": "shop", "msg": "for two", "levelno": logging.INFO}))
    assert [handler.flush(60), copied.flush(60)] == [True, True]
    assert [shown(slack).count(f"for {name}") for name in ("one", "two")] == [1, 1]
    handler.close()
    copied.close()


def test_a_pickle_finds_the_token_of_where_it_is(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the environment of the other process."""
    handler = again(SlackHandler("#ops-log", token=OURS, api_url=slack.api_url))
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.bot_token)
    handler.handle(logging.makeLogRecord({"name": "shop", "msg": "pickled", "levelno": logging.ERROR}))
    assert handler.flush(60)
    assert "pickled" in shown(slack)
    handler.close()


def test_no_secret_is_in_a_pickle() -> None:
    """A token is left out; other secrets, without which less would be hidden, refuse it in plain words."""
    assert b"very-secret" not in pickle.dumps(SlackHandler("#ops-log", token=OURS))
    known = SlackHandler("#ops-log", redact={"values": ["hunter-two-very-secret"]})
    with pytest.raises(TypeError, match="cannot pickle a SlackHandler whose redact has values: they are secrets"):
        pickle.dumps(known)
    assert copy.copy(known)._redact == known._redact


def test_no_secret_shows_in_a_handler() -> None:
    """A handler may be printed, its variables may be, and with them the locals of a traceback."""
    handler = SlackHandler(
        "#ops-log",
        token=OURS,
        redact={"values": ["hunter-two-very-secret"]},
        commands={"channel": "#ops-commands", "allow": "U024BE7LH", "token": OURS, "start": "manual"},
    )
    assert handler._source is not None
    for seen in (handler, vars(handler), vars(handler._source), vars(handler._delivery), handler._configured()):
        assert "very-secret" not in repr(seen)
