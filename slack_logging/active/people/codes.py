"""One-time codes: a second factor, so that a stolen Slack login is not enough.

Secrets come from the environment, in base32: ``SLACK_LOGGING_TOTP_<USER ID>``. Source: RFC 6238.
"""

from __future__ import annotations

import base64
import importlib
import os
import re
import threading
from collections.abc import Collection, Mapping
from enum import Enum
from types import ModuleType

from slack_logging.clock import Clock
from slack_logging.errors import MissingDependencyError

#: What the environment variable of a person's secret begins with; their id follows.
VARIABLE = "SLACK_LOGGING_TOTP_"

#: Seconds that a code is good for. Source: RFC 6238, 4.1.
STEP = 30

#: Wrong codes in `LOCKED_FOR` seconds after which none of a person's codes counts for as long: of a million codes three
#: are right at a time, so guessing takes years. Source: RFC 6238, 5.2, and RFC 4226, 7.3.
MOST_WRONG = 5
LOCKED_FOR = 600.0

#: The bytes of a secret at least; an empty one would be everybody's. Source: RFC 4226, 4, R6, and pyotp.
_LEAST_BYTES = 14


class Proof(Enum):
    """What a code proved; the value is what the audit says."""

    PROVEN = "code accepted"
    NONE = "no usable secret for the code"
    WRONG = "wrong code"
    USED = "code used before"
    BEFORE = "code of before the start"
    LOCKED = "too many wrong codes"


class Codes:
    """Checks codes and remembers those used, as long as the process lasts. Safe to use from any thread; no I/O.

    A code that could be typed before we began to read does not count: another process may have taken it.

    Args:
        clock: what a lock ends by.
        secrets: the environment.
    """

    def __init__(self, clock: Clock, secrets: Mapping[str, str] = os.environ) -> None:
        self._clock = clock
        self._secrets = secrets
        self._lock = threading.Lock()
        self._began = int(clock.time()) // STEP
        self._used: dict[str, int] = {}
        self._wrong: dict[str, list[float]] = {}
        self._locked_until: dict[str, float] = {}

    def begin(self, at: float) -> None:
        """Have no code count that could be typed until a Unix time; a phone may be one step ahead."""
        with self._lock:
            self._began = max(self._began, int(at) // STEP + 1)

    def check(self, user: str, code: str, at: float) -> Proof:
        """Tell whether a code is somebody's, and use it up.

        Args:
            user: their id.
            code: six digits.
            at: Unix time at which it was typed; a clock may differ from ours by one step.

        Raises:
            MissingDependencyError: pyotp is not installed.
        """
        secret = self._secret(user)
        if not secret:
            return Proof.NONE
        right, now = _steps(secret, code, at), self._clock.monotonic()
        with self._lock:
            if now < self._locked_until.get(user, 0.0):
                return Proof.LOCKED
            if not right:
                self._take_in_wrong(user, now)
                return Proof.WRONG
            if max(right) <= self._used.get(user, 0):
                return Proof.USED
            if max(right) <= self._began:
                return Proof.BEFORE
            self._used[user] = max(right)
            return Proof.PROVEN

    def use_up(self, user: str, code: str, at: float) -> None:
        """Have a code count no more that was typed with what does not run. A wrong one is no guess.

        Args: see `check`.

        Raises:
            MissingDependencyError: pyotp is not installed.
        """
        if secret := self._secret(user):
            with self._lock:
                self._used[user] = max([self._used.get(user, 0), *_steps(secret, code, at)])

    def _secret(self, user: str) -> str:
        return _usable(self._secrets.get(VARIABLE + user, ""))

    def _take_in_wrong(self, user: str, now: float) -> None:
        recent = [moment for moment in self._wrong.get(user, ()) if now - moment < LOCKED_FOR]
        self._wrong[user] = [*recent, now]
        if len(self._wrong[user]) >= MOST_WRONG:
            self._locked_until[user] = now + LOCKED_FOR
            del self._wrong[user]


def check_secrets(users: Collection[str], secrets: Mapping[str, str] = os.environ) -> list[str]:
    """Return what is wrong with the secrets of those whom `allow` names, a sentence each.

    Raises:
        MissingDependencyError: pyotp is not installed.
    """
    _pyotp()
    found = [
        f"{name} is no secret: expected at least {8 * _LEAST_BYTES} bits in base32, as pyotp.random_base32() makes them"
        for name in sorted(secrets)
        if name.startswith(VARIABLE) and not _usable(secrets[name])
    ]
    people = [user for user in users if user[0] in "UW"]
    if len(people) == len(users) and not any(_usable(secrets.get(VARIABLE + user, "")) for user in people):
        found.append(f"nobody in allow has a secret for one-time codes: set {VARIABLE}<USER ID> for each who should")
    return found


def without_secret(users: Collection[str], secrets: Mapping[str, str] = os.environ) -> list[str]:
    """Return the people whom `allow` names and who have no secret; who is in a group there, only Slack knows."""
    return sorted(user for user in users if user[0] in "UW" and not _usable(secrets.get(VARIABLE + user, "")))


def _steps(secret: str, code: str, at: float) -> list[int]:
    """Return the steps around a time whose code this is."""
    pyotp = _pyotp()
    totp = pyotp.TOTP(secret, interval=STEP)
    # all are compared, and in constant time: how long it takes tells nothing
    steps = [int(at) // STEP + offset for offset in (-1, 0, 1)]
    return [step for step in steps if pyotp.utils.strings_equal(code, totp.generate_otp(step))]


def _usable(secret: str) -> str:
    """Return a secret as pyotp takes it; nothing for what is none. People write it in groups, and in any case."""
    secret = re.sub(r"[\s-]", "", secret).upper().rstrip("=")
    try:
        size = len(base64.b32decode(secret + "=" * (-len(secret) % 8)))
    except ValueError:
        return ""
    return secret if size >= _LEAST_BYTES else ""


def _pyotp() -> ModuleType:
    try:
        return importlib.import_module("pyotp")  # here: few need it
    except ImportError as error:
        raise MissingDependencyError(
            "commands with totp=True need pyotp: pip install 'slack-logging-ops[totp]'"
        ) from error


_codes: dict[Clock, Codes] = {}


def codes_of(clock: Clock) -> Codes:
    """Return the process's one memory of codes: one that was used in a channel counts in no other."""
    return _codes.setdefault(clock, Codes(clock))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_codes.clear)  # the parent's may be locked
