"""Runs somebody else's program for as long as a context lasts, and tells how it went in one line."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

#: Seconds that a program gets to start or to answer; it may be slow to import.
PATIENCE = 60.0


@contextlib.contextmanager
def running(command: list[str], folder: Path, environ: Mapping[str, str]) -> Iterator[None]:
    """Run a program, its output in a file, and end it; if what happens meanwhile fails, show the end of its output."""
    log = folder / "output.txt"
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield
        except BaseException:
            print(log.read_text(errors="replace")[-3000:], file=sys.stderr)
            raise
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def tell(name: str, check: Callable[[], str]) -> int:
    """Run a check, print its result or what went wrong, and return the exit status."""
    try:
        print(f"{name}: {check()}")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this check's result
        print(f"{name}: failed: {type(error).__name__}: {error}")
        return 1
    return 0
