"""Who is speaking: service, host and process. Shown beside records and in replies."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass


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
