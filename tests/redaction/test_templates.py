"""Redaction by a template: what stands behind a secret's name in it is one, whatever characters it has."""

from __future__ import annotations

import json
import logging
import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging import SlackHandler
from slack_logging.local import LocalSlack
from slack_logging.redaction.redactor import Redactor
from slack_logging.redaction.shapes import MARKER
from slack_logging.redaction.templates import LONGEST
from slack_logging.testing import FakeClock
from tests.redaction.test_redaction import NAMES

REDACTOR = Redactor(names=["pin"])

#: As a password manager draws them.
PASSWORDS = st.text(string.ascii_letters + string.digits + string.punctuation, min_size=12, max_size=20)

#: Unquoted, it ends nowhere that a text could tell.
VALUE = "a'<Zq7\"{hunter(2`Xk@d"


def shown(template: str, *args: Any) -> str:
    """Return a message as it is shown, its text searched, too."""
    given_: Any = args[0] if len(args) == 1 and isinstance(args[0], dict) else args
    return REDACTOR.redact(template % REDACTOR.redact_arguments(template, given_))


@given(st.sampled_from([*NAMES, "pin"]), PASSWORDS)
def test_an_argument_behind_a_secrets_name_is_hidden_whole(name: str, secret: str) -> None:
    """In every way that a name and a value are written."""
    for template in (
        f"refused: {name}=%s",
        f"{name}: %s, user: ada",
        f"login(user=ada, {name}=%s)",
        f"{{'{name}': '%s'}}",
        f"{name}=%r",
        f"run --{name} %s -v",
    ):
        if ": %s" in template and secret[0] in "[({<":
            continue  # it may look like what a service answered, which has names of its own
        assert shown(template, secret) == template.replace("%r", "'%s'") % MARKER
    assert shown(f"{name}=%(x)s, n=%(n)d", {"x": secret, "n": 1}) == f"{name}={MARKER}, n=1"
    assert shown(f"login %({name})s for %(user)s", {name: secret, "user": "ada"}) == f"login {MARKER} for ada"
    assert shown("postgres://%s:%s@%s:%d/x", "ada", secret, "db", 5432) == f"postgres://ada:{MARKER}@db:5432/x"


@pytest.mark.parametrize(
    ("template", "args", "left"),
    [
        ("token: %s", ("expired",), "token: expired"),
        ("invalid token: %s", ("Signature has expired",), "invalid token: Signature has expired"),
        ("no token: %s", ('{"error": "invalid_grant"}',), 'no token: {"error": "invalid_grant"}'),
        ("password=%s", (None,), "password=None"),
        ("password=%s, secret=%s", ("", "none"), "password=, secret=none"),
        ("%s=%s", ("user", "ada"), "user=ada"),
        ("%d%% of %s, password=%s", (5, "all", "P1'x"), "5% of all, password=[redacted]"),
        ("password=%*d", (1, 12), "password=[redacted]"),
        ("password=%.3s", ("abcd",), "password=[redacted]"),
    ],
)
def test_what_tells_about_a_secret_stays(template: str, args: tuple[object, ...], left: str) -> None:
    """As it does in every text, which is also what happens where a template is unusual."""
    assert shown(template, *args) == left


@pytest.mark.parametrize(
    ("template", "args"),
    [
        ("password=%s", ()),
        ("password=%s", ("a", "b")),
        ("password=%s", None),
        ("password=%(x)s", {"y": "ada"}),
        ("password={}", ("ada",)),
        ("password=% s %", ("ada",)),
        ("password=%s" + " " * LONGEST, ("ada",)),
    ],
)
def test_arguments_that_do_not_fit_raise_nothing(template: str, args: object) -> None:
    """They are told as ever."""
    REDACTOR.redact_arguments(template, args)
    assert Redactor(off=True).redact_arguments("password=%s", (VALUE,)) == (VALUE,)


def test_an_argument_that_is_no_secret_costs_no_copy() -> None:
    """The arguments are the very same object."""
    for template, args in (("user=%s", ("ada",)), ("password=%s", (5,)), ("token: %s", ("expired",))):
        assert REDACTOR.redact_arguments(template, args) is args


LOGS: list[Callable[[logging.Logger], None]] = [
    lambda logger: logger.error("password=%s", VALUE),
    lambda logger: logger.error("password=%s, basket=%s", VALUE, ["apple"]),
    lambda logger: logger.error("login %(password)s", {"password": VALUE}),
]


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("formatter", [None, logging.Formatter("%(name)s %(message)s")])
def test_slack_sees_the_secret_only_where_redaction_is_off(
    log: Callable[[logging.Logger], None], formatter: logging.Formatter | None
) -> None:
    """Also where arguments are formatted at once, and by a formatter; the record itself stays as it is."""
    seen = {}
    for redact in (True, False):
        with FakeClock() as clock, LocalSlack(clock=clock) as slack:
            handler = SlackHandler("#ops-log", token=slack.bot_token, api_url=slack.api_url, redact=redact)
            handler.setFormatter(formatter)
            logger, records = logging.Logger("shop"), Records()
            logger.addHandler(handler)
            logger.addHandler(records)
            log(logger)
            clock.run_until(lambda: handler.stats().pending == 0)  # noqa: B023 - this turn's
            seen[redact] = json.dumps(slack.messages("#ops-log"), ensure_ascii=False)
            assert VALUE in records.messages[0]
            handler.close()
    assert ["hunter" in seen[True], "redacted" in seen[True]] == [False, True]
    assert ["hunter" in seen[False], "redacted" in seen[False]] == [True, False]


@pytest.mark.parametrize("args", [(VALUE,), (VALUE, ["apple"])])
def test_an_errors_fingerprint_does_not_tell_whether_redaction_is_on(args: tuple[object, ...]) -> None:
    """It is made of the message as it was logged."""
    made = logging.makeLogRecord(
        {"name": "shop", "levelno": 40, "msg": "password=%s" + " %s" * (len(args) - 1), "args": args}
    )
    handlers = [SlackHandler("#ops-log", token="xoxb-test", redact=redact) for redact in (True, False)]
    assert len({handler.fingerprint(made) for handler in handlers}) == 1
    for handler in handlers:
        handler.close()


class Records(logging.Handler):
    """Keeps what other handlers see."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.messages.append(record.getMessage())
