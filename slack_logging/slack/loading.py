"""What a thread that talks to Slack needs, loaded in one go, but in parts: a fork waits for the one that is under way.

A fork that comes while another thread imports gives the child that module's lock, held for ever: the child would hang
as soon as it needs the module. So would it with a lock of OpenSSL's, held while certificates are read. So nothing that
our threads use is loaded later than here.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Callable

#: What is loaded, part by part: codecs of lengths and of host names, what takes long to load and is not always needed,
#: and slack_sdk, after what it imports: for a fork would wait for all of that together.
_MODULES = (
    "encodings.utf_16_le",
    "encodings.idna",
    "hashlib",
    "email.message",
    "http.client",
    "urllib.request",
    "asyncio",
    "slack_sdk",
    "slack_logging.slack.client",
)

#: What Socket Mode needs besides. It cannot be loaded by a program that ends, unlike the above: it starts threads.
SOCKET = "slack_logging.slack.socket"

#: Seconds that a fork waits for us at most: a part takes a tenth.
_PATIENCE = 5.0

#: Seconds after which a busy thread lets another run, while we load. Python's own is 5 ms, and each file that is read
#: waits for every busy thread some times: beside four of them all took 4 s, now half a second.
_TURN = 1e-4


class _Loading:
    """A lock that is held while a part is loaded, and while a process forks, which goes first."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self._is_held_for_fork = False
        self.begin()

    def begin(self) -> None:
        """Make the locks: at first, and in a forked child."""
        self._lock = threading.Lock()
        self._no_fork_waits = threading.Event()
        self._no_fork_waits.set()

    def load(self, modules: tuple[str, ...]) -> None:
        for name in modules:
            self._load(importlib.import_module, name)
        self._load(_make_opener)
        self.done.update(modules)

    def _load(self, part: Callable[..., object], *args: str) -> None:
        self._no_fork_waits.wait()  # who lets go of a lock and takes it again is mostly faster than who waits for it
        with self._lock:
            former = sys.getswitchinterval()
            sys.setswitchinterval(min(_TURN, former))
            ours = sys.getswitchinterval()
            try:
                part(*args)
            finally:
                if sys.getswitchinterval() == ours:  # else the program has set its own meanwhile
                    sys.setswitchinterval(former + 5e-7)  # it is cut off to whole microseconds

    def before_fork(self) -> None:
        self._no_fork_waits.clear()
        self._is_held_for_fork = self._lock.acquire(timeout=_PATIENCE)

    def after_fork(self) -> None:
        self._no_fork_waits.set()
        if self._is_held_for_fork:
            self._is_held_for_fork = False
            self._lock.release()


def _make_opener() -> None:
    """Make the one opener that urlopen, and so slack_sdk, uses from then on: it holds the certificates."""
    importlib.import_module("urllib.request").urlopen("data:,").close()


_loading = _Loading()


def load(*more: str) -> None:
    """Load everything, once; afterwards this costs nothing. Blocks for some tenths of a second, not on the network.

    Args:
        more: modules that are needed besides, such as `SOCKET`.
    """
    wanted = (*_MODULES, *more)
    if not _loading.done.issuperset(wanted):
        _loading.load(wanted)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_loading.before_fork,
        after_in_parent=_loading.after_fork,
        after_in_child=_loading.begin,
    )
