"""The structure: which room may import which, what importing costs, and the bars on size."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import slack_logging

PACKAGE = Path(slack_logging.__file__).parent

#: Each room and the rooms it may import from; every room may import from itself.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "clock": set(),
    "notices": set(),
    "instance": set(),
    "options": {"errors"},
    "reach": set(),
    "testing": {"clock"},
    "redaction": {"errors", "options"},
    "slack": {"errors", "clock"},
    "passive": {"errors", "clock", "notices", "instance", "options", "redaction", "slack", "active"},
    "active": {"errors", "clock", "notices", "instance", "options", "reach", "redaction", "slack"},
    "local": set(),
    "demo": {"errors", "clock", "options", "slack", "passive", "active", "local", "testing", "console", ""},
    "console": {"errors", "clock", "options", "reach", "slack", "passive", "active", ""},
    "cli": {"errors", "local", "demo", "console"},
    "__main__": {"cli"},
    "": {"errors", "passive", "active"},
}

#: Pure modules: decisions without a thread, a socket, a clock or slack_sdk.
PURE = [
    "active/people/access.py",
    "active/people/approvals.py",
    "active/answering/answer.py",
    "active/language/arguments.py",
    "active/language/kinds.py",
    "active/inbox.py",
    "active/ledger.py",
    "active/language/parsing.py",
    "active/answering/part.py",
    "active/language/pointing.py",
    "active/answering/progress.py",
    "active/people/refusals.py",
    "active/answering/reply.py",
    "active/language/signature.py",
    "active/language/values.py",
    "active/reading/watches.py",
    "active/reading/window.py",
    "console/reach.py",
    "passive/messages/boards.py",
    "passive/messages/digest.py",
    "passive/messages/medium.py",
    "passive/messages/packing.py",
    "passive/messages/repeats.py",
    "passive/messages/shipments.py",
    "passive/records/tracebacks.py",
    "passive/messages/view.py",
    "passive/records/fingerprint.py",
    "reach.py",
    "redaction/named.py",
    "redaction/redactor.py",
    "redaction/shapes.py",
    "passive/sending/incident.py",
    "passive/sending/incidents.py",
    "passive/sending/living.py",
    "slack/emoji.py",
    "slack/flat.py",
    "slack/limits.py",
    "slack/literal.py",
    "slack/manifest.py",
    "slack/pacing.py",
    "slack/text.py",
]
IMPURE_IMPORTS = {"threading", "socket", "time", "slack_sdk", "queue", "urllib", "http", "asyncio", "aiohttp"}


def modules() -> list[Path]:
    """Return every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    """Return the dotted names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "slack_logging":
                yield from (f"slack_logging.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))


def room_of(dotted: str) -> str:
    """Return the room of a dotted name; the package's face has none."""
    parts = dotted.split(".")
    return (
        parts[1] if len(parts) > 1 and ((PACKAGE / parts[1]).is_dir() or (PACKAGE / f"{parts[1]}.py").exists()) else ""
    )


def test_arrows_between_rooms_point_one_way() -> None:
    """A room imports only from the rooms below it."""
    breaches = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in modules()
        for name in imports_of(path)
        if name.split(".")[0] == "slack_logging"
        if (here := path.relative_to(PACKAGE).parts[0].removesuffix(".py").replace("__init__", "")) != room_of(name)
        if room_of(name) not in ALLOWED[here]
    ]
    assert breaches == []


def test_passive_knows_active_only_where_the_handler_starts_the_source() -> None:
    """The two sides meet in one place: the handler's."""
    meeting = {
        path.name
        for path in (PACKAGE / "passive").rglob("*.py")
        for name in imports_of(path)
        if name.startswith("slack_logging.active")
    }
    assert meeting == {"handler.py"}


@pytest.mark.parametrize("path", PURE)
def test_decisions_are_pure(path: str) -> None:
    """What decides does no I/O and takes the time as an argument."""
    found = {name.split(".")[0] for name in imports_of(PACKAGE / path)} & IMPURE_IMPORTS
    assert found == set()


@pytest.mark.parametrize(
    "statement",
    [
        "import slack_logging",
        "from slack_logging import SlackHandler; SlackHandler('#ops-log')",
        "import slack_logging.cli",
    ],
)
def test_importing_loads_no_heavy_dependency(statement: str) -> None:
    """Importing the package, and constructing a handler, loads neither slack_sdk nor aiohttp."""
    code = f"{statement}\nimport sys\nprint(sorted({{'slack_sdk', 'aiohttp', 'asyncio'}} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "[]"


def test_public_names_are_sorted_documented_and_few() -> None:
    """There are at most 32 public names, in order, each with a docstring."""
    names = slack_logging.__all__
    assert names == sorted(names)
    assert len(names) <= 32
    assert [name for name in names if not getattr(slack_logging, name).__doc__] == []
    assert sorted(set(dir(slack_logging))) == dir(slack_logging)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        slack_logging.Nothing  # noqa: B018


def test_files_and_functions_stay_readable() -> None:
    """No file is over 400 lines, no function over 50 without its docstring."""
    long = [f"{path.relative_to(PACKAGE)}" for path in modules() if len(path.read_text("utf-8").splitlines()) > 400]
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                docstring = (ast.get_docstring(node, clean=False) or "").count("\n") + 1
                if (node.end_lineno or 0) - node.lineno + 1 - docstring > 50:
                    long.append(f"{path.relative_to(PACKAGE)}:{node.name}")
    assert long == []
