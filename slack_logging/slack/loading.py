"""What a thread that talks to Slack needs, loaded in one go, for which a fork waits.

A fork that comes while another thread imports gives the child that module's lock, held for ever: the child would hang
as soon as it needs the module. So would it with a lock of OpenSSL's, held while certificates are read. So nothing that
our threads use is loaded later than here.
"""

from __future__ import annotations

import codecs
import importlib
import os
import threading

#: What is loaded: slack_sdk and all below it, and what takes long to load and is not always needed.
_MODULES = ("slack_logging.slack.client", "hashlib")

#: What Socket Mode needs besides. It cannot be loaded by a program that ends, unlike the above: it starts threads.
SOCKET = "slack_logging.slack.socket"

#: Codecs, which are modules too: of lengths, and of host names.
_CODECS = ("utf-16-le", "idna")

#: Seconds that a fork waits for us at most: loading takes a few tenths.
_PATIENCE = 5.0


class _Loading:
    """A lock that is held while modules are loaded, and while a process forks."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self._lock = threading.Lock()
        self._is_held_for_fork = False

    def load(self, modules: set[str]) -> None:
        with self._lock:
            for name in sorted(modules):
                importlib.import_module(name)
            for name in _CODECS:
                codecs.lookup(name)
            # Makes the one opener that urlopen, and so slack_sdk, uses from then on: it holds the certificates.
            importlib.import_module("urllib.request").urlopen("data:,").close()
            self.done |= modules

    def before_fork(self) -> None:
        self._is_held_for_fork = self._lock.acquire(timeout=_PATIENCE)

    def after_fork(self) -> None:
        if self._is_held_for_fork:
            self._is_held_for_fork = False
            self._lock.release()

    def after_fork_in_child(self) -> None:
        self._lock = threading.Lock()


_loading = _Loading()


def load(*more: str) -> None:
    """Load everything, once; afterwards this costs nothing. Blocks for some tenths of a second, not on the network.

    Args:
        more: modules that are needed besides, such as `SOCKET`.
    """
    wanted = {*_MODULES, *more}
    if not wanted <= _loading.done:
        _loading.load(wanted - _loading.done)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_loading.before_fork,
        after_in_parent=_loading.after_fork,
        after_in_child=_loading.after_fork_in_child,
    )
