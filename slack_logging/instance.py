"""Who is speaking: service, host and process. Shown beside records and in replies."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Instance:
    """One process of a service."""

    service: str
    host: str
    pid: int

    @classmethod
    def current(cls, service: str | None = None) -> Instance:
        """Return this process; the service's name defaults to the program's."""
        return cls(service or _program(), socket.gethostname(), os.getpid())

    @property
    def name(self) -> str:
        """Host and process id, such as ``web-1/4711``."""
        return f"{self.host}/{self.pid}"


def _program() -> str:
    """Return the name of the script or module that was started."""
    path = Path(sys.argv[0]) if sys.argv and sys.argv[0] not in ("", "-", "-c", "-m") else Path("python")
    return path.parent.name if path.stem == "__main__" else path.stem
