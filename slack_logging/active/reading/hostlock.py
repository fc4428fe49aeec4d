"""One reader a host: a lock on a file in the temporary directory.

The system lets go of it when its holder ends, however that ends. Within a process it is shared: a source that is closed
still marks what it ran while another one of the process reads on, of those that are not closed the first. Only
processes of one user, with one temporary directory, know of each other. Source: flock(2).

Who gives it back deletes the file first, while it is locked still. So whoever has locked one looks whether it is at its
path: if not, it was given back between opening and locking, and the lock is on the file that is there now, or on none.
A file at the path is deleted by its holder only, so two never hold one that both find there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable

from slack_logging import notices

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

#: Where Windows locks a byte: what is locked there cannot be read. What stands before it, the holder's pid and service,
#: can be; a service's name is shorter.
_FAR = 1024

#: Tries to lock a file that somebody else deletes meanwhile, as who gives it back does; microseconds each.
_TRIES = 100


class HostLock:
    """The lock on reading one place. Safe to use from any thread; nothing here blocks.

    Args:
        place: what is read, and for whom; the same words mean the same lock.
        service: who we are, for those to know who do not get it.

    Attributes:
        service: who we are.
        holder: the pid of the process that holds it instead of us, as it wrote; empty when that is not known.
        holder_service: which service that is, in the same way.
        flaw: why it cannot be had at all; empty when it can.
    """

    def __init__(self, place: Iterable[str], service: str = "") -> None:
        name = hashlib.sha256("\0".join(place).encode()).hexdigest()[:32]
        user = "" if sys.platform == "win32" else f"{os.getuid()}-"
        self._path = os.path.join(tempfile.gettempdir(), f"slack_logging-{user}{name}.lock")
        self.service = service.encode("utf-8", "replace").decode()  # a program's name may hold what is no text
        self.holder = self.holder_service = self.flaw = ""

    def acquire(self) -> bool:
        """Take it, unless another process has it; `flaw` says when that cannot be known. Idempotent."""
        with _held.lock:
            held = _held.files.get(self._path)
            if held is not None and not _is_at(held[0], self._path):  # somebody tidied up: others have another file
                os.close(held[0])
                del _held.files[self._path]
                held = None
            if held is None:
                self.holder = self.holder_service = self.flaw = ""
                try:
                    descriptor = self._locked()
                except OSError as error:
                    self.flaw = f"{self._path}: {error.strerror or error}"
                    return False
                if descriptor is None:
                    return False
                held = _held.files[self._path] = (descriptor, set())
            held[1].add(self)
        return True

    def keep(self) -> None:
        """Show that the file is in use, to those who tidy up old ones."""
        with _held.lock, contextlib.suppress(OSError):
            if held := _held.files.get(self._path):
                os.utime(held[0] if os.utime in os.supports_fd else self._path)

    def release(self) -> None:
        """Give it back; the last of the process lets others have it. Idempotent."""
        with _held.lock:
            descriptor, users = _held.files.get(self._path, (-1, set()))
            users.discard(self)
            if descriptor >= 0 and not users:
                del _held.files[self._path]
                # After a fork that Python was not told of, such as uWSGI's, the lock is still the parent's.
                if _held.pid == os.getpid() and _is_at(descriptor, self._path):
                    with contextlib.suppress(OSError):  # Windows deletes no open file: there it stays
                        os.unlink(self._path)
                os.close(descriptor)

    def _locked(self) -> int | None:
        """Return the descriptor of the locked file, or None where another process has it locked."""
        for _ in range(_TRIES):
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
            descriptor = os.open(self._path, flags, 0o600)
            try:
                _check(descriptor)
                if not _lock(descriptor):
                    said = os.read(descriptor, _FAR).decode("utf-8", "replace")
                    self.holder, _, self.holder_service = said.partition("\n")
                    os.close(descriptor)
                    return None
                if _is_at(descriptor, self._path):
                    os.ftruncate(descriptor, 0)
                    os.write(descriptor, f"{os.getpid()}\n{self.service}".encode())
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
        raise OSError("it is deleted again and again")


class OneReader:
    """Sees to it that one process of the host reads a channel, and one source of it, and says which.

    Args:
        cause: what is read, in words.
        service: who we are.
        relieved: called when another source takes over from this one, in that one's thread; is not to wait.

    Attributes:
        reads: whether it was the one when it last tried.
    """

    def __init__(self, cause: str, service: str, relieved: Callable[[], None] = lambda: None) -> None:
        self._cause = cause
        self._service = service
        self._relieved = relieved
        self._lock: HostLock | None = None
        self._place: tuple[str, ...] = ()
        self._is_leaving = self.reads = False

    def is_us(self, place: tuple[str, ...]) -> bool:
        """Tell whether we are the one, and try to become it. Without a lock to be had, all are.

        Args:
            place: the channel, in words that mean the same in every process.
        """
        if self._lock is None or place != self._place:
            self.release()
            self._lock, self._place = HostLock(place, self._service), place
        reads = self._takes(self._lock)
        with _held.lock:
            is_new = reads and not self.reads and _held.readers.get(place) is self
            self.reads = reads
            relieved = [tell for there, tell in _held.leaving.values() if there == place] if is_new else []
        for tell in relieved:
            tell()
        return reads

    def _takes(self, lock: HostLock) -> bool:
        if not self._is_first():
            notices.say(
                f"{self._cause}, one reader a process",
                f"{self._cause} are read by another source of this process; this one stands by. "
                "If these are two services, set shared: true in both, and service to a name of its own in each",
            )
            return False
        if lock.acquire():
            lock.keep()
            return True
        if lock.flaw:
            notices.say(
                f"{self._cause}, one reader a host",
                f"{self._cause} are read without knowing whether another process of this host reads them too: "
                f"{lock.flaw}. Two of them may run a command twice",
            )
            return True
        holder = f"process {lock.holder}" if lock.holder else "another process"
        text = f"{self._cause} are read by {holder} of this host; process {os.getpid()} stands by"
        if lock.holder_service not in ("", lock.service):
            text += (
                f". That one is {lock.holder_service}, this one is {lock.service}: "
                "if these are two services, set shared: true in both"
            )
        notices.say(self._cause, text)
        return False

    def is_relieved(self) -> bool:
        """Tell whether another source of the process reads here, and is not closed.

        It keeps other processes from reading, and places all marks of the process, in its own time: they share a
        ledger. One that only stands by does not yet. From any thread.
        """
        with _held.lock:
            reader = _held.readers.get(self._place)
            return reader is not None and reader is not self and reader.reads

    def leave(self) -> None:
        """Let another source of the process read: this one only marks what it ran. From any thread; idempotent."""
        with _held.lock:
            if not self._is_leaving:
                self._is_leaving = True
                self._let_go()
                _held.leaving[self] = (self._place, self._relieved)

    def step_aside(self) -> None:
        """Let another source of the process read, as Slack refuses this one; until it tries again."""
        with _held.lock:
            self._let_go()

    def release(self) -> None:
        """Let another process read. Idempotent."""
        with _held.lock:
            self._let_go()
            _held.leaving.pop(self, None)
        if self._lock is not None:
            self._lock.release()

    def _is_first(self) -> bool:
        with _held.lock:
            # who leaves is not to keep the place, and its last look at the channel is no other's
            return self._is_leaving or _held.readers.setdefault(self._place, self) is self

    def _let_go(self) -> None:
        self.reads = False
        if _held.readers.get(self._place) is self:
            del _held.readers[self._place]


class _Held:
    """The locks of this process: by path, the descriptor and who uses it.

    And its sources: by place, who reads there; and who leaves which place, with what tells it that another one reads.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.files: dict[str, tuple[int, set[HostLock]]] = {}
        self.readers: dict[tuple[str, ...], OneReader] = {}
        self.leaving: dict[OneReader, tuple[tuple[str, ...], Callable[[], None]]] = {}
        self.pid = os.getpid()

    def drop(self) -> None:
        """Forget the parent's locks, in a forked child.

        To close its copies leaves the parent's locks as they are; to keep them would hold the locks after its end.
        """
        for descriptor, _ in self.files.values():
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self.lock = threading.Lock()
        self.files = {}
        self.readers = {}
        self.leaving = {}
        self.pid = os.getpid()


def _check(descriptor: int) -> None:
    """Raise OSError for a file that somebody else laid there."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:  # none: it was given back just now
        raise OSError("it is no file of its own")
    if sys.platform != "win32" and found.st_uid != os.getuid():
        raise OSError("it belongs to another user")


def _is_at(descriptor: int, path: str) -> bool:
    """Tell whether a file is still there under its name."""
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    return False


def _lock(descriptor: int) -> bool:
    """Lock a file; False where another process has."""
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


_held = _Held()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_held.drop)
