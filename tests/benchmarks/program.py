"""What a measured process does: it attaches one peer, logs, and prints figures as a line of JSON.

`rows` starts it, as ``python -m tests.benchmarks.program TASK``, a fresh one for each figure.
"""

from __future__ import annotations

import gc
import json
import math
import os
import string
import sys
import threading
import time
from array import array
from collections.abc import Callable
from typing import Any

from tests.benchmarks import redaction
from tests.benchmarks.peers import PEERS, Attached

#: Calls that a caller makes in a row, and the seconds for which it then lets others run: 10,000 records a second in
#: all, however many callers there are. Without a pause no handler's own thread would do anything that costs.
BATCH = 100
PAUSE = 0.01

#: Records before anything is measured, and seconds for what they start.
WARM_UP, SETTLING = 200, 0.2

#: Records of the burst; each hundredth is an error, of one of so many kinds.
BURST, KINDS = 100_000, 20

#: Records before the exit, as `rows` looks for them.
LAST_WORDS = 20

_CALL = ("order %s took %d ms", "A-17")


def warm_up(attached: Attached) -> None:
    """Log a little, for at most a second, and let threads start and import what they need."""
    template = attached.template(_CALL[0])
    end = time.monotonic() + 1.0
    for number in range(WARM_UP):
        attached.info(template, _CALL[1], number)
        if time.monotonic() > end:
            break
    time.sleep(SETTLING)


class Collections:
    """Keeps how long the longest garbage collection took, in processor time; all threads stand still meanwhile."""

    def __init__(self) -> None:
        self.longest = 0
        self._began = 0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, _info: dict[str, int]) -> None:
        now = time.thread_time_ns()
        if phase == "start":
            self._began = now
        else:
            self.longest = max(self.longest, now - self._began)


def calls(attached: Attached, *, callers: int, seconds: float) -> dict[str, float]:
    """Time each call of `info` with two arguments, from so many threads."""
    warm_up(attached)
    most = int(seconds / PAUSE * BATCH * 2)
    taken = [array("q", bytes(8 * most)) for _ in range(callers)]
    counts = [0] * callers
    ready = threading.Barrier(callers)

    def call(own: int) -> None:
        ready.wait()
        counts[own] = timed_calls(attached, taken[own], pause=PAUSE * callers, seconds=seconds)

    collections = Collections()
    threads = [threading.Thread(target=call, args=(own,)) for own in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    longest = collections.longest
    every = sorted(value for own, count in zip(taken, counts, strict=True) for value in own[:count])
    figures = {name: every[math.ceil(len(every) * part) - 1] / 1e3 for name, part in PARTS.items()}
    return figures | {"mean": sum(every) / len(every) / 1e3, "gc": longest / 1e3, "count": len(every)}


#: The quantiles that are shown, in microseconds.
PARTS = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}


def timed_calls(attached: Attached, taken: array[int], *, pause: float, seconds: float) -> int:
    """Call until the time is up; put into `taken` how many nanoseconds each call took, and return how many."""
    info, template, text, clock = attached.info, attached.template(_CALL[0]), _CALL[1], time.perf_counter_ns
    end = clock() + int(seconds * 1e9)
    count = 0
    while count + BATCH <= len(taken):
        for _ in range(BATCH):
            before = clock()
            info(template, text, count)
            after = clock()
            taken[count] = after - before
            count += 1
            if after >= end:
                return count
        time.sleep(pause)
    return count


def burst(attached: Attached, *, seconds: float, patience: float) -> dict[str, float]:
    """Log 100,000 records without a pause, or as many as go into `seconds`; then wait, and say what memory it took."""
    warm_up(attached)
    template = attached.template(_CALL[0])
    kinds = [attached.template(f"{kind} %d failed") for kind in markers("kind", KINDS)]
    base = memory("VmRSS")
    began = time.perf_counter()
    count = 0
    while count < BURST and time.perf_counter() < began + seconds:
        for _ in range(BATCH - 1):
            attached.info(template, _CALL[1], count)
        attached.error(kinds[count // BATCH % KINDS], count)
        count += BATCH
    took = time.perf_counter() - began
    time.sleep(patience)
    figures = {"count": count, "cost": took / count * 1e6, "memory": memory("VmHWM") - base}
    if attached.stats:
        stats = attached.stats()
        dropped = sum(stats.dropped.values())
        figures |= {"delivered": stats.delivered + stats.merged, "dropped": dropped, "pending": stats.pending}
        figures["unaccounted"] = WARM_UP + count - (stats.delivered + stats.merged + dropped + stats.pending)
    return figures


def memory(field: str) -> float:
    """Return what the kernel says of this process's memory, in MiB; NaN where it does not."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith(field))
    except OSError:
        return math.nan


def load(attached: Attached, *, seconds: float) -> dict[str, float]:
    """Log 2,000 records of 120 characters a second: more than Slack can show."""
    template = attached.template("%s line %d " + "x" * 90)
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        for _ in range(BATCH):
            attached.info(template, "load-0", count)
            count += 1
        time.sleep(BATCH / 2000)
    return {"count": count}


def first_error(attached: Attached, *, idle: float) -> dict[str, float]:
    """Log an error as the first thing ever, and another one when all has been quiet for a while."""
    said = {}
    for name, template in (("cold", "cold-0 %s"), ("warm", "warm-0 %s")):
        said[name] = time.time()
        attached.error(attached.template(template), "broken")
        time.sleep(idle)
    return said


def leave(attached: Attached) -> dict[str, float]:
    """Log 20 records, two of them errors, and end as any program does."""
    for number, marker in enumerate(markers("last", LAST_WORDS)):
        tell = attached.error if number % 10 == 9 else attached.info
        tell(attached.template(f"{marker} %d"), number)
    return {"ended": time.time()}


def markers(name: str, count: int) -> list[str]:
    """Return words that are found again wherever they arrive, and make different errors: numbers would not."""
    return [f"{name}-{letter}" for letter in string.ascii_lowercase[:count]]


TASKS: dict[str, Callable[..., dict[str, float]]] = {
    "calls": calls,
    "burst": burst,
    "load": load,
    "first_error": first_error,
    "leave": leave,
}


def main(task: dict[str, Any]) -> None:
    """Do a task and print its figures; then be gone at once, unless the end itself is the task."""
    if task["cpus"]:
        os.sched_setaffinity(0, task["cpus"])  # type: ignore[attr-defined,unused-ignore] # `rows` knows where it is
    if task["name"] == "redact":
        figures = redaction.figures(**task["given"])
    else:
        attached = PEERS[task["peer"]].attach(task["addresses"])
        figures = TASKS[task["name"]](attached, **task["given"])
    print(json.dumps(figures), flush=True)
    if task["name"] != "leave":
        os._exit(0)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
