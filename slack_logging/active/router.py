"""From a command's name to the function that does it, and from what that returns to the reply."""

from __future__ import annotations

import contextlib
import difflib
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from slack_logging import options
from slack_logging.active import audit, builtin
from slack_logging.active.access import Verdict, refusal
from slack_logging.active.approvals import Terms
from slack_logging.active.builtin import Catalogue
from slack_logging.active.codes import Proof
from slack_logging.active.command import Command
from slack_logging.active.parsing import command_name
from slack_logging.active.signature import HelpWanted, Signature
from slack_logging.errors import (
    BadArguments,
    ConfigurationError,
    DeliveryError,
    NotAuthorized,
    UnknownCommand,
)

if TYPE_CHECKING:
    from slack_logging.active.source import SlackCommandSource

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Route:
    """One command."""

    name: str
    function: Callable[..., object]
    signature: Signature
    roles: tuple[str, ...] = ()
    timeout: float | None = None
    approvals: int = 0
    approve_within: float = 0.0
    totp: bool = False

    @classmethod
    def to(
        cls,
        function: Callable[..., object],
        name: str,
        *,
        roles: Iterable[str] = (),
        timeout: float | None = None,
        approvals: int = 0,
        approve_within: float = 0.0,
        totp: bool = False,
    ) -> Route:
        """Return the route to a function. Raises `ConfigurationError` if it cannot be typed."""
        signature = Signature(function, (Command, Catalogue))
        return cls(name, function, signature, tuple(roles), timeout, approvals, approve_within, totp)

    def usage(self, prefix: str) -> str:
        """Return what to type."""
        return " ".join(filter(None, (f"{prefix}{self.name}", self.signature.usage, "CODE" if self.totp else "")))

    def describe(self) -> list[str]:
        """Return a line for each argument, and for what else it takes."""
        lines = self.signature.describe()
        if self.totp:
            lines.append("CODE: your one-time code, as the last word")
        if self.approvals:
            others = "one other person" if self.approvals == 1 else f"{self.approvals} others"
            lines.append(f"runs once {others} approved it within {options.format_duration(self.approve_within)}")
        return lines


class CommandRouter:
    """Your commands, and the built-in ones: ``help``, ``ping``, ``status``, ``level``.

        router = CommandRouter()

        @router.command(roles=["deployers"])
        def deploy(service: str, *, version: str = "latest", force: bool = False) -> str:
            return f"{service} is at {version}"

    Commands are added before the router is used; after that it may be used from any thread.
    """

    def __init__(self) -> None:
        self._own: dict[str, Route] = {}
        self._built_in = {name: Route.to(function, name) for name, function in builtin.COMMANDS.items()}

    @overload
    def command(self, name: Callable[P, R]) -> Callable[P, R]: ...

    @overload
    def command(
        self,
        name: str | None = None,
        *,
        roles: Iterable[str] | None = None,
        timeout: float | timedelta | str | None = None,
        approvals: int = 0,
        approve_within: float | timedelta | str = 600.0,
        totp: bool = False,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def command(
        self,
        name: Callable[P, R] | str | None = None,
        *,
        roles: Iterable[str] | None = None,
        timeout: float | timedelta | str | None = None,
        approvals: int = 0,
        approve_within: float | timedelta | str = 600.0,
        totp: bool = False,
    ) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
        """Make a function a command. The function itself is returned unchanged.

        Parameters are typed in their order, keyword-only ones as ``--option``; a parameter annotated `Command` gets
        the command. The return value is the reply; of a generator, each item is one. ``async def`` works.

        Args:
            name: what people type; the function's name with hyphens by default.
            roles: any one of them is enough, beyond being on the source's ``allow``; None asks for no more.
            timeout: seconds that it may run, instead of the source's `timeout`.
            approvals: how many others who may run it must approve it first, with an emoji on the reply that states it.
            approve_within: seconds for that; then it is errored.
            totp: whether its last word is a one-time code of who types it, which is no argument of the function. Needs
                the extra ``totp``, and a secret for each in the environment: ``SLACK_LOGGING_TOTP_<USER ID>``.

        Raises:
            ConfigurationError: the name is taken or cannot be typed, or a parameter cannot be.
        """
        if callable(name):
            self._add(name, None)
            return name
        terms: dict[str, Any] = {
            "roles": options.texts("roles", () if roles is None else roles),
            "timeout": None if timeout is None else options.seconds("timeout", timeout),
            "approvals": options.whole_number("approvals", approvals, least=0),
            "approve_within": options.seconds("approve_within", approve_within),
            "totp": options.flag("totp", totp),
        }

        def register(function: Callable[P, R]) -> Callable[P, R]:
            self._add(function, name, **terms)
            return function

        return register

    def _add(self, function: Callable[..., object], name: str | None, **terms: Any) -> None:
        typed = command_name(getattr(function, "__name__", "") if name is None else options.text("name", name))
        if not typed[:1].isalpha() or any(char.isspace() for char in typed):
            raise ConfigurationError(f"command name {typed!r}: expected one word that starts with a letter")
        if typed in self._own:
            raise ConfigurationError(f"command {typed!r} exists already: give one of the two another name")
        self._own[typed] = Route.to(function, typed, **terms)

    @property
    def routes(self) -> dict[str, Route]:
        """All commands by name, in alphabetical order."""
        return dict(sorted({**self._built_in, **self._own}.items()))

    def run(self, command: Command) -> None:
        """Parse, check, run, reply and settle. Returns when the function has; never raises an `Exception`.

        What others must approve does not run yet: they are asked, and the source yields it again once they did.
        Unknown names and arguments that do not fit are answered with what to type instead; what the function raises,
        with its last line.
        """
        with command:
            route = self._find(command.name, command)
            if route.totp:
                command.take_code()
            problem = ""
            try:
                arguments = route.signature.bind(command.args, {Command: command, Catalogue: self})
            except HelpWanted:
                self._say(command, self.manual(route.name, command))
                return
            except BadArguments as error:
                problem = str(error)
            if route.totp and not (command.heard.code or command.heard.is_proven):
                problem = "the last word must be your one-time code of six digits"  # which may be quoted in the other
            if problem:
                raise BadArguments(f"{problem}\nusage: {route.usage(command.origin.prefix)}")
            self._authorize(route, command)
            if route.totp:
                _prove(command)
            if route.approvals and not command.origin.approved(command, _terms(route, command)):
                return
            audit.decided(command.heard, "allowed")
            if route.timeout is not None:
                command.origin.limit(command, route.timeout)
            command.check()
            self._reply(command, route.function(**arguments))

    def serve(self, source: SlackCommandSource) -> None:
        """Run the commands of `source` in its worker threads. Blocks until the source is closed, or Ctrl-C.

        Raises:
            ConfigurationError: a command wants a role that the source does not have, or the source is being read.
        """
        source.serve(self)

    def overview(self, command: Command) -> str:
        """See `Catalogue`."""
        prefix = command.origin.prefix
        routes = self._allowed(command)
        return "\n".join(f"{route.usage(prefix)}\n    {route.signature.summary}".rstrip() for route in routes)

    def manual(self, name: str, command: Command) -> str:
        """See `Catalogue`."""
        prefix = command.origin.prefix
        route = self._find(command_name(name.removeprefix(prefix)), command)
        if route not in self._allowed(command):
            raise self._unknown(name, command)
        lines = [route.usage(prefix), route.signature.summary, *route.describe()]
        return "\n".join(line for line in lines if line)

    def _find(self, name: str, command: Command) -> Route:
        route = self.routes.get(name)
        if route is None:
            raise self._unknown(name, command)
        return route

    def _unknown(self, name: str, command: Command) -> UnknownCommand:
        prefix = command.origin.prefix
        allowed = {route.name: route for route in self._allowed(command)}
        near = difflib.get_close_matches(name, allowed, n=1)
        hint = f"did you mean: {allowed[near[0]].usage(prefix)}" if near else f"{prefix}help lists what you can do"
        what = f"no command {name[:40]!r}" if name else "no command after the name"
        return UnknownCommand(f"{what}; {hint}")

    def _allowed(self, command: Command) -> list[Route]:
        """Return what the person may run. Role by role, not command by command: each look may cost a call."""
        wanted = {route.roles for route in self.routes.values()}
        granted = {roles for roles in wanted if command.origin.verdict(command.user, roles) is Verdict.ALLOWED}
        return [route for route in self.routes.values() if route.roles in granted]

    def _authorize(self, route: Route, command: Command) -> None:
        """Check once more, now that it is about to run: groups change while commands wait."""
        try:
            verdict = command.origin.verdict(command.user, route.roles)
        except DeliveryError as error:
            raise NotAuthorized(f"Slack did not tell who may do that just now; try again ({error})") from error
        if verdict is not Verdict.ALLOWED:
            raise NotAuthorized(refusal(command.user, verdict, route.roles))

    def _reply(self, command: Command, result: object) -> None:
        """Reply with what a function returned, yields or awaits."""
        if inspect.iscoroutine(result):
            result = _run(result, command)
        if isinstance(result, AsyncIterator):
            _run(self._reply_each(command, result), command)
        elif isinstance(result, Iterator):
            self._reply_steps(command, result)
        else:
            self._say(command, result)

    def _reply_steps(self, command: Command, steps: Iterator[object]) -> None:
        try:
            for step in steps:
                self._say(command, step)
                command.check()
        finally:
            if inspect.isgenerator(steps):
                steps.close()  # now, so that what it holds is let go of before the command is settled

    async def _reply_each(self, command: Command, steps: AsyncIterator[object]) -> None:
        try:
            async for step in steps:
                self._say(command, step)
                command.check()
        finally:
            if inspect.isasyncgen(steps):
                await steps.aclose()

    def _say(self, command: Command, item: object) -> None:
        """Reply. That Slack does not take it makes nothing undone, so it is not the command's failure."""
        if item is None:
            return
        try:
            command.reply(str(item))
        except DeliveryError as error:
            audit.decided(command.heard, f"lost a reply ({error})")


def _prove(command: Command) -> None:
    """Check the one-time code, once for each time that it was typed: it proves the command, also if that runs later."""
    if command.heard.is_proven:
        return
    proof = command.origin.proof(command.heard)
    audit.decided(command.heard, proof.value)
    if proof is Proof.NONE:
        raise NotAuthorized(
            f"You are {command.user}, and there is no usable secret for your one-time codes. "
            "Whoever configures this service can set one."
        )
    if proof is Proof.LOCKED:
        raise NotAuthorized("Too many wrong codes; no code of yours counts for some minutes.")
    if proof is not Proof.PROVEN:
        raise NotAuthorized("That code does not count. Type the command again with a new one.")
    command.heard = replace(command.heard, code="", is_proven=True)


def _terms(route: Route, command: Command) -> Terms:
    return Terms(route.approvals, route.approve_within, route.roles, stated=command.text)


def _run(coroutine: Coroutine[object, object, object], command: Command) -> object:
    """Run a coroutine, which a cancelled command's task is told of as asyncio does it."""
    import asyncio  # here: most processes need none of it

    async def run() -> object:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                loop.call_soon_threadsafe(task.cancel if task else int)

        command.stop_by(stop)
        try:
            return await coroutine
        except asyncio.CancelledError:
            command.check()
            raise
        finally:
            command.stop_by(None)

    return asyncio.run(run())
