"""Commands from a Slack channel, as a generator or for a router."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping
from datetime import timedelta
from typing import NoReturn

from slack_logging import clock as clocks
from slack_logging import notices, options
from slack_logging.active.command import Command
from slack_logging.active.emoji import Emoji
from slack_logging.active.language.parsing import check_prefix
from slack_logging.active.ledger import MemoryLedger
from slack_logging.active.origin import Operated
from slack_logging.active.people.access import Access
from slack_logging.active.people.codes import check_secrets
from slack_logging.active.reading.reader import Reader
from slack_logging.active.router import CommandRouter
from slack_logging.active.settings import Settings
from slack_logging.active.workers import Workers
from slack_logging.errors import ConfigurationError
from slack_logging.instance import Instance
from slack_logging.slack.credentials import checked, checked_app_token

#: What can be given beside the channel.
OPTIONS = (
    "allow", "roles", "router", "token", "app_token", "api_url", "service", "prefix", "shared", "poll_interval",
    "max_age", "start_delay", "workers", "timeout", "emoji",
)  # fmt: skip

#: Seconds for which leaving a loop waits for the last marks.
_CLOSE_TIMEOUT = 5.0


class SlackCommandSource:
    """The commands that people type in a channel.

        for command in SlackCommandSource("#ops-commands", allow=["U024BE7LH"]):
            with command:
                command.reply(f"you said {command.text}")

    Iterating claims one command after another and waits for the next; leaving the loop gives back what was claimed
    and not settled, see `Command.nack`. `CommandRouter.serve` runs them in worker threads instead. Constructing does no
    I/O. What is wrong with the world (no token, no network, no such channel) is never raised: it is one line on stderr,
    and tried again. A command that was begun by a process that died is left for a person to decide.

    Args:
        channel: name or id. The bot must be a member.
        allow: ids of the users and user groups who may run commands; required, because nobody may by default.
        roles: from the names that `CommandRouter.command` asks for to ids. Who has a role must be in
            `allow` too, themselves or by a user group there.
        router: a `CommandRouter`, or where to import it from when reading starts: ``"myapp.ops.router"``. For `start`;
            who iterates gives the router itself for its commands' secrets to be kept out of the audit of refusals.
        token: a bot token; ``SLACK_BOT_TOKEN`` by default.
        app_token: an app-level token, which turns Socket Mode on; ``SLACK_LOGGING_APP_TOKEN`` by default. Then Slack
            pushes what is typed, and the channel is looked at every 30 s besides. The app must be this program's alone.
        api_url: another Slack; ``SLACK_API_URL`` by default.
        service: the program's name, which people can address (``!@orders status``); what was started by default.
        prefix: what a command starts with.
        shared: several services listen in this channel: a command that the router does not know, and that is not
            addressed to us, is left to the others. What several know may run in any or each of them.
        poll_interval: seconds between two looks at the channel, at least 0.1, unless Socket Mode works. Slack allows
            about 50 looks a minute for all channels of a workspace.
        max_age: seconds, at least one, after which a command is marked instead of run, as it would surprise. A start
            looks back as far, over at most 200 messages.
        start_delay: seconds before reading begins.
        workers: commands that run at the same time, at most 1,000.
        timeout: seconds that a command may run, more than 0, None for as long as it takes: then it is told to stop,
            see `Command.cancelled`, and is errored. `CommandRouter.command` may say otherwise for one.
        emoji: other names for marks and orders, by meaning: ``{"done": "shipit"}``. See `slack_logging.active.emoji`.

    Durations are float seconds, a `timedelta`, or a string such as ``"5s"``.

    Raises:
        ConfigurationError: at construction, for anything wrong in the above.
    """

    def __init__(
        self,
        channel: str,
        *,
        allow: Iterable[str] | str = (),
        roles: Mapping[str, Iterable[str] | str] | None = None,
        router: CommandRouter | str | None = None,
        token: str | None = None,
        app_token: str | None = None,
        api_url: str | None = None,
        service: str | None = None,
        prefix: str = "!",
        shared: bool | str = False,
        poll_interval: float | timedelta | str = 5.0,
        max_age: float | timedelta | str = 600.0,
        start_delay: float | timedelta | str = 0.0,
        workers: int | str = 4,
        timeout: float | timedelta | str | None = None,
        emoji: Mapping[str, str] | None = None,
        **unknown: NoReturn,
    ) -> None:
        options.reject_unknown("SlackCommandSource", unknown, OPTIONS)
        self._settings = Settings(
            channel=options.channel("channel", channel),
            access=Access.configured(allow, roles),
            token=token if token is None else checked(options.secret("token", token)),
            app_token=app_token if app_token is None else checked_app_token(options.secret("app_token", app_token)),
            api_url=api_url if api_url is None else options.url("api_url", api_url),
            service=service if service is None else options.service("service", service),
            prefix=check_prefix(options.text("prefix", prefix)),
            poll_interval=options.seconds("poll_interval", poll_interval, least=0.1),
            max_age=options.seconds("max_age", max_age, least=1.0),
            start_delay=options.seconds("start_delay", start_delay),
            workers=options.whole_number("workers", workers, least=1),
            timeout=options.time_limit("timeout", timeout),
            shared=options.flag("shared", shared),
            emoji=Emoji(emoji),
            is_secret=self._is_secret,
            takes_code=self._takes_code,
        )
        self._router = _checked_router(router)
        self._serving = self._router if isinstance(self._router, CommandRouter) else None
        self._clock = clocks.current()
        self._reader: Reader | None = None
        self._beginners: dict[int, object] = {}  # by pid, who is about to read: one at most

    def __iter__(self) -> Generator[Command, None, None]:
        """Read, and yield each command once it is claimed. Ends when somebody calls `close`.

        In a child that was forked in the loop it ends after the command at hand.

        Raises:
            ConfigurationError: the source is being read already.
        """
        reader = self._open()
        try:
            while (command := reader.desk.take()) is not None:
                yield command
        finally:
            if reader.desk.instance.is_us:
                reader.desk.release_all()
                reader.close(reader.time_left(_CLOSE_TIMEOUT))

    def start(self, operated: Operated | None = None) -> None:
        """Read and run commands in background threads until `close`. Does not block and raises nothing.

        May be called from any thread, and in a signal handler; does nothing where it is being read already, or another
        thread is about to.

        Args:
            operated: the logging side that the built-in commands show.
        """
        self._begin(operated=operated, router=lambda: _loaded_router(self._router))

    def serve(self, router: CommandRouter) -> None:
        """Read and run commands in background threads; block until `close`, or Ctrl-C.

        Raises:
            ConfigurationError: a command wants a role that is not configured, or more approvals than there can be, or
                the source is being read already.
            MissingDependencyError: a command takes a one-time code, and pyotp is not installed.
        """
        self._check_router(router)
        reader = self._open(router=lambda: router)
        try:
            reader.wait_until_closed()
        finally:
            reader.close(reader.time_left(_CLOSE_TIMEOUT))

    def check(self) -> frozenset[str]:
        """Import the router, which `start` does later, and look its commands' roles up. Nothing is read.

        Returns: the ids in `allow` if a command takes a one-time code, so that they need secrets; else none.

        Raises:
            ConfigurationError: there is none to be had there, or a command wants a role that is not configured, or
                more approvals than there can be.
            MissingDependencyError: a command takes a one-time code, and pyotp is not installed.
        """
        router = _loaded_router(self._router)
        self._check_router(router)
        return self._settings.access.allow if _takes_codes(router) else frozenset()

    def close(self, timeout: float = _CLOSE_TIMEOUT) -> None:
        """Stop reading; iteration ends. Blocks for up to `timeout` seconds, for running commands and the last marks.

        What still runs shortly before that time is over is marked as interrupted, and its thread told and heard out,
        because the program is about to end; with a timeout of 0 nothing is.

        May be called from any thread and more than once: each call returns in its own time, and what runs has until the
        last of these times is over. A command may close its source, too: its own end is not waited for, and it is
        marked afterwards. The source can be read again afterwards.
        """
        if self._reader is not None:
            self._reader.close(timeout)

    def _open(self, *, router: Callable[[], CommandRouter] | None = None) -> Reader:
        reader = self._begin(router=router)
        if reader is None:
            raise ConfigurationError(f"{self!r} is being read already: close() it first, or make another source")
        return reader

    def _begin(
        self, *, operated: Operated | None = None, router: Callable[[], CommandRouter] | None = None
    ) -> Reader | None:
        """Begin to read; with a router, also to run. None if it is being read already, or another thread is about to.

        That is found out without a lock, for who comes from a signal handler, holds locks of others, or was forked.
        """
        pid, beginner = os.getpid(), object()
        try:
            is_ours = self._beginners.setdefault(pid, beginner) is beginner  # one step, which no other thread divides
            if not is_ours or (self._reader is not None and self._reader.reads):
                return None
            self._reader = reader = self._new_reader(operated, router)
            reader.start()
            return reader
        finally:
            if self._beginners.get(pid) is beginner:
                del self._beginners[pid]

    def _new_reader(self, operated: Operated | None, router: Callable[[], CommandRouter] | None) -> Reader:
        settings = self._settings

        def prepare() -> None:
            self._say(settings.access.weaknesses())
            if router is not None:
                self._serving = router()
                self._start_workers(reader, self._serving)

        reader = Reader(
            settings,
            lambda line: _ledger_of((line.url, line.team, line.channel, self._clock)),
            instance=Instance.current(settings.service),
            operated=operated,
            clock=self._clock,
            prepare=prepare,
        )
        return reader

    def _start_workers(self, reader: Reader, router: CommandRouter) -> None:
        self._check_router(router)
        self._say(self._weak_codes(router))
        reader.sweeper.triage.roles = {route.name: route.roles for route in router.routes.values()}
        workers = Workers(reader.desk, router, name=f"commands in {self._settings.channel}", clock=self._clock)
        workers.start(self._settings.workers)

    def _is_secret(self, name: str) -> bool:
        """Tell whether the router that runs the commands, as far as we know it, keeps this one's arguments secret."""
        return self._serving is not None and self._serving.is_secret(name)

    def _takes_code(self, name: str) -> bool:
        """Tell likewise whether the last word may be a one-time code."""
        return self._serving is not None and self._serving.takes_code(name)

    def _check_router(self, router: CommandRouter) -> None:
        for route in router.routes.values():
            self._settings.access.check_roles(route.name, route.roles)
            if route.approvals:
                self._settings.access.check_approvals(route.name, route.approvals, route.roles)
        self._weak_codes(router)

    def _weak_codes(self, router: CommandRouter) -> list[str]:
        """Return what is wrong with the secrets of one-time codes, if a command takes one."""
        return check_secrets(self._settings.access.allow) if _takes_codes(router) else []

    def _say(self, texts: Iterable[str]) -> None:
        """Spell out what weakens the configuration: it may be meant."""
        for text in texts:
            line = f"commands in {self._settings.channel}: {text}"
            notices.say(line, line)

    def __repr__(self) -> str:
        state = "reading" if self._reader is not None and self._reader.is_alive else "closed"
        return f"<SlackCommandSource {self._settings.channel} {state}>"


def _takes_codes(router: CommandRouter) -> bool:
    """Tell whether a command takes a one-time code."""
    return any(route.totp for route in router.routes.values())


def _checked_router(router: object) -> CommandRouter | str | None:
    if router is None or isinstance(router, CommandRouter):
        return router
    if isinstance(router, str):
        module, name = _place(router)
        if all(part.isidentifier() for part in (*module.split("."), name)):
            return router
    raise ConfigurationError(
        f"router={router!r}: expected a CommandRouter, or where to import one from, such as 'myapp.ops.router'"
    )


def _place(router: str) -> tuple[str, str]:
    """Return the module and the name in it that a path such as ``myapp.ops.router`` or ``myapp.ops:router`` means."""
    module, _, name = router.rpartition(":" if ":" in router else ".")
    return module, name


def _loaded_router(router: CommandRouter | str | None) -> CommandRouter:
    """Import the router. Whatever its module raises is a wrong configuration, said as such."""
    if not isinstance(router, str):
        return router or CommandRouter()
    module, name = _place(router)
    try:
        found = getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}{_meant(module, name)}"
        raise ConfigurationError(f"router={router!r} cannot be imported: {said}") from error
    if not isinstance(found, CommandRouter):
        raise ConfigurationError(f"router={router!r} is of type {type(found).__name__}: expected a CommandRouter")
    return found


def _meant(module: str, name: str) -> str:
    """Return a question after the router that was perhaps meant; nothing where its module was not imported."""
    known = vars(sys.modules[module]) if module in sys.modules else {}
    near = options.nearest(name, [each for each, value in known.items() if isinstance(value, CommandRouter)])
    return f": did you mean {near}?" if near else ""


_ledgers: dict[Hashable, MemoryLedger] = {}


def _ledger_of(place: Hashable) -> MemoryLedger:
    """Return the process's one ledger of a place: who reads there next knows what was claimed before.

    Args:
        place: a channel and the Slack that it is in, however both were configured.
    """
    return _ledgers.setdefault(place, MemoryLedger(threading.Lock()))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ledgers.clear)  # the parent's may be locked, and speak of its commands
