"""`slack-logging check --config` of commands that take a one-time code: the secrets of those who may run them."""

from __future__ import annotations

import pytest

from slack_logging.local import LocalSlack
from tests.console.conftest import Run
from tests.console.test_check import notes, wrong
from tests.console.test_config import Written, config_of, written

__all__ = ["written"]  # a fixture

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SHORT = "JBSWY3DPEHPK3PXP"
TAKES_CODE = """
from slack_logging import CommandRouter

router = CommandRouter()
router.command("wipe", totp=True)(lambda: None)
"""
NOBODY = "nobody in allow has a secret for one-time codes: set SLACK_LOGGING_TOTP_<USER ID> for each who should"
NONE = "SLACK_LOGGING_TOTP_{} is no secret: expected at least 112 bits in base32, as pyotp.random_base32() makes them"
LACKS = "no secret for one-time codes for {}: set SLACK_LOGGING_TOTP_<USER ID> for each who should"


@pytest.mark.parametrize(
    ("secrets", "is_wrong", "is_noted"),
    [
        ({}, [NOBODY], []),
        ({"ada": SHORT}, [NONE.format("{ada}"), NOBODY], []),
        ({"ada": KEY}, [], [LACKS.format("{ben}")]),
        ({"ada": KEY, "ben": SHORT}, [NONE.format("{ben}")], [LACKS.format("{ben}")]),
        ({"ada": KEY, "ben": KEY}, [], []),
    ],
)
def test_secrets_that_are_missing_or_none_are_told(
    slack: LocalSlack,
    run: Run,
    written: Written,
    monkeypatch: pytest.MonkeyPatch,
    secrets: dict[str, str],
    is_wrong: list[str],
    is_noted: list[str],
) -> None:
    """As the service does when it starts; that only some have one may be meant."""
    people = {name: slack.user_id(name) for name in ("ada", "ben")}
    for name, secret in secrets.items():
        monkeypatch.setenv(f"SLACK_LOGGING_TOTP_{people[name]}", secret)
    commands = {"channel": "#ops-commands", "allow": [*people.values()], "router": "program_of_a_test.router"}
    ended = run("check", "--config", written(config_of({"commands": commands}), TAKES_CODE))
    told = [[f"handler slack: {text}".format_map(people) for text in texts] for texts in (is_wrong, is_noted)]
    noted = [line for line in notes(ended.out) if "one-time" in line]
    assert [wrong(ended.out), noted] == told
    assert (ended.status, SHORT in "".join(ended.out)) == (1 if is_wrong else 0, False)


def test_secrets_of_a_group_are_not_looked_for(
    slack: LocalSlack, run: Run, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only Slack knows who is in it; who is named beside it is told of."""
    monkeypatch.setenv("SLACK_LOGGING_TOTP_U0CY00000", KEY)
    ada, group = slack.user_id("ada"), slack.add_group("ops", ["ada"])
    commands = {"channel": "#ops-commands", "allow": [ada, group], "router": "program_of_a_test.router"}
    ended = run("check", "--config", written(config_of({"commands": commands}), TAKES_CODE))
    assert [line for line in ended.out if "one-time" in line] == [f"note   handler slack: {LACKS.format(ada)}"]


def test_without_such_a_command_secrets_do_not_matter(slack: LocalSlack, run: Run, written: Written) -> None:
    """Nobody needs any."""
    commands = {"channel": "#ops-commands", "allow": slack.user_id("ada")}
    ended = run("check", "--config", written(config_of({"commands": commands})))
    assert (ended.status, "one-time" in "".join(ended.out)) == (0, False)
