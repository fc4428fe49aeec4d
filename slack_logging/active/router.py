"""From a command's name to the function that does it, and from what that returns to the reply."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar, overload

from slack_logging import options
from slack_logging.active import audit
from slack_logging.active.builtins import table
from slack_logging.active.builtins.about import Catalogue
from slack_logging.active.command import Command
from slack_logging.active.emoji import Order
from slack_logging.active.language.kinds import secrets_in
from slack_logging.active.language.parsing import Misfit, command_name
from slack_logging.active.language.pointing import pointed
from slack_logging.active.language.signature import HelpWanted, Signature
from slack_logging.active.people.access import Verdict, refusal
from slack_logging.active.people.approvals import Terms
from slack_logging.active.people.proving import prove, spent, used_up
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

#: Seconds for others to approve a command, unless it says otherwise.
_APPROVE_WITHIN = 600.0

_NO_CODE = "the last word must be your one-time code of six digits"


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
    def to(cls, function: Callable[..., object], name: str, **terms: Any) -> Route:
        """Return the route to a function. Raises `ConfigurationError` if it cannot be typed."""
        return cls(name, function, Signature(function, (Command, Catalogue)), **terms)

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

    def bind(self, command: Command, catalogue: Catalogue) -> dict[str, Any]:
        """Return the keyword arguments to call the function with. Raises as `Signature.bind`; a code may be missing."""
        bound = self.signature.bind(command.args, {Command: command, Catalogue: catalogue})
        if self.lacks_code(command):
            raise Misfit(_NO_CODE)
        return bound

    def lacks_code(self, command: Command) -> bool:
        """Tell whether a one-time code is missing."""
        return self.totp and not (command.heard.code or command.heard.is_proven)


class CommandRouter:
    """Your commands, and the built-in ones.

        router = CommandRouter()

        @router.command(roles=["deployers"])
        def deploy(service: str, *, version: str = "latest", force: bool = False) -> str:
            return f"{service} is at {version}"

    A command with the name of a built-in one takes its place; so one that is not for everybody is given a role:

        router.command("stacks", roles=["admins"])(router.builtins["stacks"])

    Commands are added before the router is used; after that it may be used from any thread.

    Attributes:
        builtins: the functions of the built-in commands by name.
    """

    builtins = table.COMMANDS

    def __init__(self) -> None:
        self._own: dict[str, Route] = {}
        self._built_in = {name: Route.to(function, name) for name, function in self.builtins.items()}

    @overload
    def command(self, name: Callable[P, R], *, roles: Iterable[str] | None = None) -> Callable[P, R]: ...

    @overload
    def command(
        self,
        name: str | None = None,
        *,
        roles: Iterable[str] | None = None,
        timeout: float | timedelta | str | None = None,
        approvals: int = 0,
        approve_within: float | timedelta | str | None = None,
        totp: bool = False,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def command(
        self,
        name: Callable[P, R] | str | None = None,
        *_misplaced: NoReturn,
        roles: Iterable[str] | None = None,
        timeout: float | timedelta | str | None = None,
        approvals: int = 0,
        approve_within: float | timedelta | str | None = None,
        totp: bool = False,
        **_unknown: NoReturn,
    ) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
        """Make a function a command. The function itself is returned unchanged.

        Parameters are typed in their order, keyword-only ones as ``--option``; a parameter annotated `Command` gets
        the command. The return value is the reply; what a generator yields comes before it. ``async def`` works.

        Args:
            name: what people type; the function's name with hyphens by default.
            roles: any one of them is enough, beyond being on the source's ``allow``; None asks for no more, and an
                empty list is refused, as it may be a variable that is not set.
            timeout: seconds that it may run, more than 0, instead of the source's `timeout`.
            approvals: how many others who may run it must approve it first, with an emoji on the reply that states it.
            approve_within: seconds for that, at least one, ten minutes by default; then it is errored.
            totp: whether its last word is a one-time code of who types it, which is no argument of the function. Needs
                the extra ``totp``, and a secret for each in the environment: ``SLACK_LOGGING_TOTP_<USER ID>``.

        Raises:
            ConfigurationError: the name is taken or cannot be typed, or a parameter cannot be; or an option is wrong,
                or there is none of its name.
        """
        known = [each for each in inspect.signature(self.command).parameters if not each.startswith("_")]
        options.reject_unknown("router.command()", _unknown, known)
        if _misplaced:
            raise ConfigurationError(f"router.command() takes all but the name by name: {', '.join(known)}")
        terms: dict[str, Any] = {
            "roles": () if roles is None else options.texts("roles", roles),
            "timeout": options.time_limit("timeout", timeout),
            "approvals": options.whole_number("approvals", approvals, least=0),
            "approve_within": options.seconds(
                "approve_within", _APPROVE_WITHIN if approve_within is None else approve_within, least=1.0
            ),
            "totp": options.flag("totp", totp),
        }
        if roles is not None and not terms["roles"]:
            raise ConfigurationError(
                f"roles={options.shown(roles)} names none, so nobody could run the command: "
                "leave roles out for everybody in allow"
            )
        if approve_within is not None and not terms["approvals"]:
            raise ConfigurationError(
                f"approve_within={options.shown(approve_within)} without approvals, so nobody would be asked: "
                "add approvals=1, or leave approve_within out"
            )
        if callable(name):
            self._add(name, None, **terms)
            return name

        def register(function: Callable[P, R]) -> Callable[P, R]:
            self._add(function, name, **terms)
            return function

        return register

    def _add(self, function: Callable[..., object], name: str | None, **terms: Any) -> None:
        typed = command_name(getattr(function, "__name__", "") if name is None else options.text("name", name))
        if not typed[:1].isalpha() or any(char.isspace() for char in typed):
            expected = "expected one word that starts with a letter: give it by name="
            raise ConfigurationError(f"command name {typed!r}: {expected}")
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
        with command, used_up(command):
            if self.is_secret(command.name):
                command.keep_secret(())
            if self.takes_code(command.name):
                command.take_code()
            route = self._find(command.name, command)
            try:
                arguments = route.bind(command, self)
            except HelpWanted:
                _say(command, self.manual(route.name, command))
                return
            except Misfit as error:
                self._authorize(route, command)
                raise BadArguments(self._corrected(route, command, error)) from None
            if route.signature.is_secret:
                command.keep_secret(secrets_in(arguments.values()))
            self._authorize(route, command)
            if route.totp:
                prove(command)
            if route.approvals and not command.origin.approved(command, _terms(route, command, arguments)):
                return
            audit.decided(command.heard, "allowed")
            if route.timeout is not None:
                command.origin.limit(command, route.timeout)
            command.check()
            try:
                self._reply(command, route.function(**arguments))
            except BadArguments as error:
                raise BadArguments(f"{error}\nusage: {route.usage(command.origin.prefix)}") from error
            command.check()  # a function that was told to stop and returns was cancelled, as a coroutine is

    def is_secret(self, name: str) -> bool:
        """Tell whether what follows a command's name is shown to nobody: it takes a `Secret`, or may be meant to.

        That is, of names that are no command's, when any command takes one: who mistypes the name types the rest.
        """
        return any(route.signature.is_secret for route in self._meant(name))

    def takes_code(self, name: str) -> bool:
        """Tell whether what follows a command's name may end with a one-time code. See `is_secret`."""
        return any(route.totp for route in self._meant(name))

    def _meant(self, name: str) -> Iterable[Route]:
        routes = self.routes
        return [routes[name]] if name in routes else routes.values()

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
        lines = [f"{route.usage(prefix)}\n    {route.signature.summary}".rstrip() for route in routes]
        stop, again = (command.origin.emoji.name(order) for order in (Order.CANCEL, Order.REPEAT))
        return "\n".join([*lines, f":{stop}: cancels what you typed,", f":{again}: runs it again."])

    def manual(self, name: str, command: Command) -> str:
        """See `Catalogue`."""
        prefix = command.origin.prefix
        route = self._find(command_name(name.removeprefix(prefix)), command)
        self._authorize(route, command)
        lines = [route.usage(prefix), route.signature.summary, *route.describe()]
        return "\n".join(line for line in lines if line)

    def _corrected(self, route: Route, command: Command, error: Misfit) -> str:
        """Return what is wrong, where, and what to type; where a secret is among it, nothing of what was typed."""
        usage = f"usage: {route.usage(command.origin.prefix)}{spent(command.heard)}"
        if route.lacks_code(command):
            return f"{_NO_CODE}\n{usage}"  # nothing of what was typed: it may stand in the middle
        if route.signature.is_secret:
            return f"{error.plain}\n{usage}"
        if error.at is None:
            return f"{error}\n{usage}"
        words = error.typed or command.args
        start = command.origin.prefix + route.name
        return f"{error}\n{pointed(start, words, error.at, as_typed=bool(error.typed))}\n{usage}"

    def _find(self, name: str, command: Command) -> Route:
        route = self.routes.get(name)
        if route is None:
            raise self._unknown(name, command)
        return route

    def _unknown(self, name: str, command: Command) -> UnknownCommand:
        prefix = command.origin.prefix
        allowed = {route.name: route for route in self._allowed(command)}
        near = options.nearest(name, allowed)
        lost = spent(command.heard) if near and allowed[near].totp else ""
        hint = f"did you mean: {allowed[near].usage(prefix)}{lost}" if near else f"{prefix}help lists what you can do"
        shown = name
        if name == command.name and command.heard.is_secret:  # but the sign that ends the word is none
            shown = name[: len(command.heard.call.plain_name) + 1]
        what = f"no command {shown[:40]!r}" if name else "no command after the name"
        return UnknownCommand(f"{what}; {hint}")

    def _allowed(self, command: Command) -> list[Route]:
        """Return what the person may run, as far as Slack tells just now.

        Role by role, not command by command: each look may cost a call.
        """
        granted: set[tuple[str, ...]] = set()
        for roles in {route.roles for route in self.routes.values()}:
            with contextlib.suppress(DeliveryError):
                if command.origin.verdict(command.user, roles) is Verdict.ALLOWED:
                    granted.add(roles)
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
            with contextlib.closing(_steps(result)) as steps:  # what it holds is let go of before it is settled
                for step in steps:
                    _say(command, step)
                    command.check()
        else:
            _say(command, result)

    async def _reply_each(self, command: Command, steps: AsyncIterator[object]) -> None:
        try:
            async for step in steps:
                _say(command, step)
                command.check()
        finally:
            if inspect.isasyncgen(steps):
                await steps.aclose()


def _steps(result: Iterator[object]) -> Generator[object, None, None]:
    """Yield what an iterator does, and then what it returns, as a generator may."""
    yield (yield from result)  # type: ignore[func-returns-value] # of iterators, generators do


def _say(command: Command, item: object) -> None:
    """Have the reply go on. That Slack may not take it makes nothing undone, so it is not the command's failure."""
    if item is not None and command.origin.instance.is_us:
        command.origin.answers.say(command.heard, command.masked(str(item)))


def _terms(route: Route, command: Command, arguments: Mapping[str, object]) -> Terms:
    """Return what it takes to approve a command; it is stated as it was understood, without secrets."""
    address = command.heard.call.address
    name = route.name if address is None else f"@{address} {route.name}"
    stated = f"{command.origin.prefix}{name} {route.signature.render(arguments)}".rstrip()
    return Terms(route.approvals, route.approve_within, route.roles, stated)


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
