"""What is measured: each row starts one program for a peer, against a world of its own, and returns figures.

Two processes matter: this one, in which the servers run, and the program that is measured. Where the system lets us,
the servers are kept to the last processor and the program to the others, so that no server takes time from a caller.
"""

from __future__ import annotations

import json
import math
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from tests.benchmarks.peers import OURS, Peer
from tests.benchmarks.program import KINDS, LAST_WORDS, markers
from tests.benchmarks.world import STATES, Arrival, State, World

#: What a program measured, or what was seen of it; NaN for what did not happen.
Figures = Mapping[str, float]

#: Seconds that a program gets to end by itself.
LAST_PATIENCE = 20.0

#: Seconds that a program may take in all; then it is killed.
_BOUND = 60.0

#: Units of text that a message should hold. Slack takes some more; what is sure is not published.
FULL = 12_000


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure.

    Attributes:
        seconds: of calls whose cost is measured.
        burst: seconds for the burst at most.
        patience: seconds after the burst.
        load: seconds of the load.
        idle: seconds of quiet before an error, in which the one before it has to arrive: more than one, the pace.
        times: runs with each hostile text.
        rounds: over all rows, the peers one after the other in each row, so that a drift of the machine hits all.
        every: rows that are not `Row.is_main` are measured every so many rounds.
    """

    seconds: float = 2.5
    burst: float = 10.0
    patience: float = 8.0
    load: float = 6.0
    idle: float = 2.0
    times: int = 3
    rounds: int = 5
    every: int = 2


#: Enough to see whether something went wrong.
SHORT = Effort(seconds=0.2, burst=5.0, patience=0.2, load=2.0, idle=1.2, times=1, rounds=3, every=3)


class Lab:
    """Starts programs.

    Args:
        effort: how long to measure.
    """

    def __init__(self, effort: Effort) -> None:
        self.effort = effort
        self._program_cpus: list[int] = []
        if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
            *self._program_cpus, own = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, [own])
        ours = ("SLACK_", "PYTHONDONTWRITEBYTECODE")  # without bytecode, every import would be a compilation
        environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self._environ = environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}

    @property
    def is_divided(self) -> bool:
        """Tell whether servers and programs have processors of their own."""
        return bool(self._program_cpus)

    def run(self, peer: Peer, name: str, world: World, **given: Any) -> dict[str, float]:
        """Have a program do a task for a peer; return its figures, and as ``gone`` when it ended, or infinity.

        Raises:
            RuntimeError: it failed.
        """
        task: dict[str, Any] = {"peer": peer.name, "name": name, "given": given}
        task |= {"addresses": world.addresses, "cpus": self._program_cpus}
        command = [sys.executable, "-m", "tests.benchmarks.program", json.dumps(task)]
        with tempfile.TemporaryFile("w+") as complaints:
            process = subprocess.Popen(
                command,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
            )
            killer = threading.Timer(LAST_PATIENCE if name == "leave" else _BOUND, process.kill)
            killer.start()
            printed = process.communicate()[0]
            gone = math.inf if killer.finished.is_set() else time.time()
            killer.cancel()
            if not printed or (process.returncode and gone < math.inf):
                complaints.seek(0)
                raise RuntimeError(f"{peer.name}, {name}: exit {process.returncode}\n{complaints.read()[-2000:]}")
        return {**json.loads(printed.splitlines()[-1]), "gone": gone}

    def import_time(self, statement: str) -> float:
        """Return the milliseconds of processor time that Python takes to start, import and end."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", statement], env=self._environ, check=True, timeout=_BOUND)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def cost(lab: Lab, peer: Peer, *, state: State, callers: int) -> Figures:
    """Measure what a call of `logger.info` with two arguments takes, in microseconds."""
    with World(state) as world:
        return lab.run(peer, "calls", world, callers=callers, seconds=lab.effort.seconds)


def burst(lab: Lab, peer: Peer) -> Figures:
    """Measure what 100,000 records without a pause take, in time and memory, and what becomes of them."""
    with World("healthy") as world:
        figures = lab.run(peer, "burst", world, seconds=lab.effort.burst, patience=lab.effort.patience)
        seen = " ".join(arrival.text for arrival in world.arrivals())
        kinds = sum(f"{marker} " in seen for marker in markers("kind", KINDS))
        return figures | {"kinds": kinds, "refused": world.refused}


def load(lab: Lab, peer: Peer) -> Figures:
    """Measure how full messages are, and how many records are read, when more is logged than Slack shows."""
    with World("healthy") as world:
        lab.run(peer, "load", world, seconds=lab.effort.load)
        posts = [found for found in map(_loaded, world.arrivals()) if found[0]]
        refused = world.refused
    if not posts:
        return {"arrived": 0, "refused": refused}
    figures = {"arrived": sum(post[0] for post in posts), "refused": refused}
    return figures | {"records": median(post[0] for post in posts), "full": median(post[1] for post in posts) / FULL}


def _loaded(arrival: Arrival) -> tuple[int, float]:
    """Return how many records of the load a message holds, and its units of text."""
    return len(set(re.findall(r"load-0 line (\d+)", arrival.text))), arrival.units or math.nan


def first_error(lab: Lab, peer: Peer) -> Figures:
    """Measure the milliseconds from an error's call to its arrival."""
    with World("healthy") as world:
        said = lab.run(peer, "first_error", world, idle=lab.effort.idle)
        figures = {}
        for name in ("cold", "warm"):
            came = (arrival.time for arrival in world.arrivals() if f"{name}-0 " in arrival.text)
            figures[name] = (next(came, math.nan) - said[name]) * 1e3
        return figures


def leave(lab: Lab, peer: Peer) -> Figures:
    """Measure how long a program with 20 records takes to end, and count those that arrive."""
    with World("healthy") as world:
        figures = lab.run(peer, "leave", world)
        time.sleep(0.2)  # what was sent last may still be on its way
        seen = " ".join(arrival.text for arrival in world.arrivals())
        arrived = sum(f"{marker} " in seen for marker in markers("last", LAST_WORDS))
    return {"arrived": arrived, "seconds": figures["gone"] - figures["ended"]}


def imports(lab: Lab, peer: Peer) -> Figures:
    """Measure the milliseconds that importing takes over starting Python, and whether slack_sdk comes with it."""
    bare = median(lab.import_time("pass") for _ in range(3))
    took = median(lab.import_time(peer.imports) for _ in range(3)) - bare
    check = f"{peer.imports}\nimport sys\nprint('slack_sdk' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=_BOUND)
    return {"took": took, "slack_sdk": float(shown.stdout.strip() == "True")}


def redact(lab: Lab, peer: Peer) -> Figures:
    """Measure the worst of some texts of 1 MB, in milliseconds, and for how long it holds up another thread."""
    with World("down") as world:
        return lab.run(peer, "redact", world, times=lab.effort.times)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is measured of several peers.

    Attributes:
        key: by which tables find it.
        measure: does it once.
        applies: tells of whom.
        is_main: it is measured in every round.
    """

    key: str
    measure: Callable[[Lab, Peer], Figures]
    applies: Callable[[Peer], bool]
    is_main: bool = False


def cost_key(state: str, callers: int) -> str:
    """Return the key of a row of costs."""
    return f"cost {state} {callers}"


#: How many threads call.
CALLERS = (1, 8)


def rows() -> list[Row]:
    """Return all rows. Who posts nowhere is measured once for all states."""

    def costs(state: State, peer: Peer) -> bool:
        return state == "healthy" or (peer.delivers and (peer.throttled or state != "throttling"))

    return [
        *(
            Row(
                cost_key(state, callers),
                partial(cost, state=state, callers=callers),
                partial(costs, state),
                is_main=state == "healthy",
            )
            for callers in CALLERS
            for state in STATES
        ),
        Row("burst", burst, lambda _peer: True),
        Row("load", load, lambda peer: peer.delivers),
        Row("first error", first_error, lambda peer: peer.delivers),
        Row("leave", leave, lambda peer: peer.delivers),
        Row("imports", imports, lambda peer: bool(peer.imports)),
        Row("redact", redact, lambda peer: peer.name == OURS),
    ]
