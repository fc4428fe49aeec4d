"""The benchmark: every row for every peer, interleaved, as tables. ``python -m tests.benchmarks --help`` says more.

Exit status: 1 where a call of ours costs more over NullHandler's than QueueHandler's does, where ours fails, or where a
peer that was asked for is missing or fails.
"""

from __future__ import annotations

import argparse
import math
import platform
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

from tests.benchmarks import tables
from tests.benchmarks.peers import FLOOR, OURS, PEERS, YARDSTICK, Peer
from tests.benchmarks.rows import CALLERS, SHORT, Effort, Lab, rows
from tests.benchmarks.tables import Results, Table

ROOT = Path(__file__).parents[2]

#: What stands around tables that `--markdown` writes.
MARKED = re.compile(r"(<!-- benchmark -->\n).*?(<!-- end of benchmark -->\n)", re.DOTALL)


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure what slack_logging costs beside others. docs/performance.md says what is needed.",
    )
    parser.add_argument("--short", action="store_true", help="under a minute, only what needs nothing installed")
    parser.add_argument(
        "--all", action="store_true", help="every peer, even if --short; one that is missing is a failure"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="over all rows (default: 5, and 3 if --short)")
    parser.add_argument(
        "--markdown", action="store_true", help="write the tables into README.md and docs/performance.md"
    )
    return parser.parse_args()


def chosen(args: argparse.Namespace) -> tuple[list[Peer], list[str]]:
    """Return who is measured, and why others are not."""
    peers, reasons = [], []
    for peer in PEERS.values():
        if args.short and not args.all and peer.name not in (FLOOR, YARDSTICK, OURS):
            continue
        if peer.missing:
            reasons.append(f"{peer.name}: {peer.missing}")
        else:
            peers.append(peer)
    return peers, reasons


def measure(lab: Lab, peers: list[Peer]) -> tuple[Results, list[str]]:
    """Return the figures of all rounds, and what failed."""
    results, failures = Results([peer.name for peer in peers]), []
    for peer in peers:
        if peer.imports:
            lab.import_time(peer.imports)  # what it reads from the disk, and compiles, is nobody's cost
    for number in range(lab.effort.rounds):
        for row in rows():
            if not row.is_main and number % lab.effort.every:
                continue
            print(f"round {number + 1} of {lab.effort.rounds}: {row.key}", file=sys.stderr, flush=True)
            shift = number % len(peers)
            for peer in peers[shift:] + peers[:shift]:
                if row.applies(peer):
                    try:
                        results.add(row.key, peer.name, number, row.measure(lab, peer))
                    except RuntimeError as error:
                        failures.append(f"{row.key}, {error}")
    return results, failures


def too_dear(results: Results) -> list[str]:
    """Return for how many callers ours costs more over the floor than the yardstick does, in every round.

    What else the machine does may make a round or two of three anything.
    """
    found = []
    for callers in CALLERS:
        ratios = [ratio for ratio in results.ratios("healthy", callers, OURS, "p50") if not math.isnan(ratio)]
        if not ratios or min(ratios) > 1.0:
            found.append(f"callers: {callers}: over {FLOOR}, {OURS} costs more than {YARDSTICK}: {ratios}")
    return found


def write(path: Path, shown: list[Table], *, how: str = "") -> None:
    """Put tables in the place of those that a page has."""
    page = path.read_text("utf-8")
    inside = "\n".join(text.lstrip() for text in (f"{how}\n", *(table.markdown() for table in shown)) if text.strip())
    path.write_text(MARKED.sub(lambda match: f"{match[1]}\n{inside}\n{match[2]}", page), "utf-8")


def main() -> int:
    """Measure, show, judge; return the exit status."""
    args = arguments()
    effort = SHORT if args.short else Effort()
    lab = Lab(replace(effort, rounds=args.rounds or effort.rounds))
    began = time.monotonic()
    peers, reasons = chosen(args)
    results, failures = measure(lab, peers)
    place = "a processor of their own" if lab.is_divided else "no processor of their own"
    how = f"Python {platform.python_version()}, rounds: {lab.effort.rounds}, the servers on {place}. Medians (min-max)."
    print(f"\n{how}\n")
    every = tables.everything(results)
    for table in every:
        print(table.plain())
    if args.markdown:
        write(ROOT / "README.md", [tables.compact(results), tables.bars(results)])
        write(ROOT / "docs" / "performance.md", every, how=how)
    for reason in reasons:
        print(f"skipped: {reason}")
    dear = too_dear(results)
    for failure in (*failures, *dear):
        print(f"failed: {failure}")
    print(f"took {time.monotonic() - began:.0f} s")
    ours_failed = any(f"{OURS}," in failure for failure in failures)
    return int(bool(dear or ours_failed or (args.all and (reasons or failures))))


if __name__ == "__main__":
    sys.exit(main())
