"""From a message to its function, by Socket Mode: ours beside Bolt's. ``python -m tests.benchmarks.commands``.

In each round, each has a Slack of its own and a fresh process, one after the other; who comes first changes. Commands
are typed one at a time, each when the one before was called. Exit status: 1 where ours is slower in the median round.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median

from slack_logging.local import LocalSlack
from tests.benchmarks.listener import CHANNEL, LISTENERS
from tests.benchmarks.tables import Table, spread

OURS, BOLT = LISTENERS

#: Commands before those that are measured: connections, imports and caches are nobody's cost.
WARM_UP = 100


@dataclass(frozen=True, slots=True)
class Round:
    """What one listener did in a round: milliseconds, and MiB from the first command measured to the last."""

    p50: float
    p99: float
    growth: float


def measure(name: str, commands: int) -> Round:
    """Have one listener run so many commands, one after the other."""
    cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    with LocalSlack(rate_limit=0) as slack:
        given = (slack.api_url, slack.bot_token, slack.app_token, slack.user_id("ada"))
        environ = {key: value for key, value in os.environ.items() if not key.startswith("SLACK_")}
        with subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.listener", name, *given],
            stdout=subprocess.PIPE,
            text=True,
            env=environ | {"NO_PROXY": "127.0.0.1"},
        ) as process:
            try:
                return _round(slack, process, commands, cpus)
            finally:
                process.kill()


def _round(slack: LocalSlack, process: subprocess.Popen[str], commands: int, cpus: list[int]) -> Round:
    assert process.stdout is not None
    if len(cpus) > 1:  # as in `rows`: the server takes no time from the listener
        os.sched_setaffinity(process.pid, cpus[:-1])
        os.sched_setaffinity(0, cpus[-1:])
    try:
        slack.wait_for(slack.sockets, timeout=30.0)
        time.sleep(1.0)
        taken, sizes = [], []
        for number in range(WARM_UP + commands):
            began = time.monotonic_ns()
            slack.say(CHANNEL, f"!ping {number}", user="ada")
            said, at, size = process.stdout.readline().split()
            if int(said) != number:
                raise RuntimeError(f"command {number} was typed, {said} was called")
            taken.append((int(at) - began) / 1e6)
            sizes.append(float(size))
    finally:
        if cpus:
            os.sched_setaffinity(0, cpus)
    taken = sorted(taken[WARM_UP:])
    return Round(
        p50=taken[math.ceil(len(taken) * 0.5) - 1],
        p99=taken[math.ceil(len(taken) * 0.99) - 1],
        growth=sizes[-1] - sizes[WARM_UP],
    )


def table(results: dict[str, list[Round]]) -> Table:
    """Return it all; ratios are taken within a round."""
    rows = []
    for name, rounds in results.items():
        ratios = [one.p50 / other.p50 for one, other in zip(rounds, results[BOLT], strict=True)]
        rows.append(
            [
                f"slack_bolt {version('slack_bolt')}" if name == BOLT else name,
                spread([each.p50 for each in rounds]),
                spread([each.p99 for each in rounds]),
                spread(ratios),
                spread([each.growth for each in rounds]),
            ]
        )
    head = ["listener", "p50, ms", "p99, ms", "p50, times Bolt's", "memory, MiB more"]
    return Table("Socket Mode, from a message to its function, one command after the other:", head, rows)


def main() -> int:
    """Measure, show, judge; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.commands", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--commands", type=int, default=1_000, metavar="N", help="in each round, of each listener")
    parser.add_argument("--markdown", action="store_true", help="for docs/performance.md")
    args = parser.parse_args()
    results: dict[str, list[Round]] = {OURS: [], BOLT: []}
    for number in range(args.rounds):
        for name in (OURS, BOLT) if number % 2 else (BOLT, OURS):
            print(f"round {number + 1} of {args.rounds}: {name}", file=sys.stderr, flush=True)
            results[name].append(measure(name, args.commands))
    shown = table(results)
    print(shown.markdown() if args.markdown else shown.plain())
    ratio = median(one.p50 / other.p50 for one, other in zip(results[OURS], results[BOLT], strict=True))
    return int(ratio > 1.0)


if __name__ == "__main__":
    sys.exit(main())
