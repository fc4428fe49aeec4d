"""The command line: what is wrong is one plain line and an exit status that is not 0."""

from __future__ import annotations

import pytest

from slack_logging.cli import main


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["lokal"], "slack-logging: argument COMMAND: invalid choice: 'lokal'"),
        (["local", "--port", "x"], "slack-logging local: argument --port: 'x' is no port: give a number from 0 to"),
        (
            ["local", "--prot", "1"],
            "slack-logging local: unrecognized arguments: --prot 1; slack-logging local --help says more",
        ),
        (
            ["local", "--scopes", ",,"],
            "slack-logging local: argument --scopes: ',,' names no scope: give some, such as chat:write,",
        ),
        (["demo", "--port", "99999"], "slack-logging demo: argument --port: '99999' is no port"),
        (["--colour"], "slack-logging: "),
    ],
)
def test_a_wrong_word_is_told_in_one_line(typed: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With where to read more, and without a page of usage."""
    with pytest.raises(SystemExit) as caught:
        main(typed)
    [line] = capsys.readouterr().err.splitlines()
    assert (caught.value.code, line[: len(says)]) == (2, says)


@pytest.mark.parametrize(
    "typed", [[], ["--help"], *([name, "--help"] for name in ("check", "demo", "local", "manifest", "send"))]
)
def test_help_is_to_be_had(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Of the whole and of each command; without a command, of the whole."""
    with pytest.raises(SystemExit) as caught:
        main(typed)
    assert (caught.value.code, capsys.readouterr().out.startswith("usage: slack-logging")) == (0, True)
