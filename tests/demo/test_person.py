"""The script that the demo plays notices when a command does not do what it should."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from slack_logging.demo.database import Database
from slack_logging.demo.importer import Importer
from slack_logging.demo.pace import Pace
from slack_logging.demo.person import CheckFailed, Person
from slack_logging.local import LocalSlack


@pytest.fixture
def importer(tmp_path: Path) -> Iterator[Importer]:
    with closing(Database.create(tmp_path / "orders.db")) as database:
        yield Importer(["1"], database)


def played(importer: Importer, *, mark: str, reply: str) -> None:
    """Play the script to a bot that answers everything alike."""
    slack = LocalSlack()

    def answer(event: dict[str, Any]) -> None:
        if event["type"] == "message" and "thread_ts" not in event:
            slack.say(event["channel"], reply, user="ops", thread_ts=event["ts"])
            slack.react(event["channel"], event["ts"], mark, user="ops")

    slack.workspace.subscribe(answer)
    Person(
        slack,
        commands_channel="#ops-commands",
        channel="#ops-log",
        importer=importer,
        pace=Pace(1),
        order=1042,
        bundled=True,
    ).play()


@pytest.mark.parametrize(
    ("mark", "reply", "complaint"),
    [
        ("x", "!retry", "!help should have been so: lists the commands; but: marked :x:, replied '!retry'"),
        ("white_check_mark", "hm", "!help should have been so: .*replied 'hm'"),
        ("white_check_mark", "!retry order-import", "!rety 1042 should have been so: not understood"),
    ],
)
def test_a_wrong_mark_or_reply_fails_and_is_named(importer: Importer, mark: str, reply: str, complaint: str) -> None:
    """The script stops at the first command whose mark or reply is wrong, and says what it saw."""
    with pytest.raises(CheckFailed, match=complaint):
        played(importer, mark=mark, reply=reply)
