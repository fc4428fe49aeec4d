"""The pages of documentation: their code runs as it stands, their links and what they name exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from slack_logging.local import LocalSlack, visible_text

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
_FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CODE = [
    pytest.param(code, id=f"{page.name}-{number}")
    for page in PAGES
    for number, code in enumerate(
        re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    )
]


@pytest.mark.parametrize("code", CODE)
def test_every_block_runs(code: str) -> None:
    """As a reader would paste it, and with nothing to say on the terminal, but that commands are read."""
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=50)
    said = [line for line in ran.stderr.splitlines() if not line.startswith("slack_logging: reading commands in")]
    assert (ran.returncode, said) == (0, [])


def test_the_line_that_makes_a_persons_secret_does() -> None:
    """As it stands, with the pyotp that is installed."""
    pytest.importorskip("pyotp")
    [line] = re.findall(r"^\$ python (-c .*)$", (ROOT / "docs/approvals.md").read_text("utf-8"), re.MULTILINE)
    ran = subprocess.run([sys.executable, *shlex.split(line)], capture_output=True, text=True, timeout=50)
    assert re.fullmatch(r"[A-Z2-7]{32} otpauth://totp/myapp:ada\?secret=\S+\n", ran.stdout), ran.stderr


def test_the_recipe_for_a_job_posts_what_nobody_caught() -> None:
    """Once, as an error with its traceback; stderr and the status are what they were."""
    [code] = [each for each in _FENCE.findall((ROOT / "docs/records.md").read_text("utf-8")) if "excepthook" in each]
    with LocalSlack() as slack:
        environment = {**os.environ, **slack.environ}
        command = [sys.executable, "-c", f"{code}\n1 / 0"]
        ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=50)
        [message] = slack.messages("#ops-log")
    assert (ran.returncode, ran.stderr.splitlines()[-1]) == (1, "ZeroDivisionError: division by zero")
    assert "the nightly job failed\nZeroDivisionError: division by zero" in visible_text(message)


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_local_links_lead_somewhere(page: Path) -> None:
    """Pages, pictures and headings are in the repository."""
    links = re.findall(r"\]\((?!\w+://)([^)#]*)(?:#([^)]+))?\)", page.read_text("utf-8"))
    assert [link for link, _ in links if not (page.parent / link).exists()] == []
    targets = [(page.parent / link if link else page, heading) for link, heading in links if heading]
    assert [heading for target, heading in targets if heading not in _headings(target)] == []


def _headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_is_named_exists(page: Path) -> None:
    """A row that points to a test points to one that is there, below `tests/local/` unless it says otherwise."""
    named = re.findall(r"`(tests/[\w/]+/)?(test_\w+\.py)::(test_\w+)`", page.read_text("utf-8"))
    sources = {path: path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    paths = [(ROOT / (home or "tests/local") / file, test) for home, file, test in named]
    assert [(path.name, test) for path, test in paths if f"def {test}(" not in sources.get(path, "")] == []
