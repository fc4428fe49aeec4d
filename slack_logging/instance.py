"""Who is speaking: service, host and process. Shown beside records and in replies."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass

#: When this module was loaded, in monotonic seconds: soon after the program began.
_LOADED = time.monotonic()


@dataclass(frozen=True, slots=True)
class Instance:
    """One process of a service."""

    service: str
    host: str
    pid: int

    @classmethod
    def current(cls, service: str | None = None) -> Instance:
        """Return this process; the service's name defaults to the program's."""
        return cls(service or _program(), _host(), os.getpid())

    @property
    def name(self) -> str:
        """Host and process id, such as ``web-1/4711``."""
        return f"{self.host}/{self.pid}"

    @property
    def is_us(self) -> bool:
        """Whether we are that process; a child that it forked is not."""
        return self.pid == os.getpid()


def uptime() -> float:
    """Return for how many seconds this process has run; where the system does not tell, since we were loaded."""
    try:
        with open("/proc/self/stat", encoding="utf-8", errors="replace") as file:
            after_name = file.read().rpartition(")")[2].split()
        # The 22nd field, in ticks since boot; the name, which may hold anything, is the second. Source: proc(5).
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(after_name[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return time.monotonic() - _LOADED


def _program() -> str:
    """Return the name of the script or module that was started."""
    path = sys.argv[0] if sys.argv and sys.argv[0] not in ("", "-", "-c", "-m") else "python"
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    return os.path.basename(folder) if stem == "__main__" else stem


def _host() -> str:
    """Return this machine's name. `socket` takes long to load, and most machines do without."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import socket

    return socket.gethostname()
