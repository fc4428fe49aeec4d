"""What people may tell the import in Slack: a router as a service of your own would have it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from slack_logging import CommandError, CommandRouter
from slack_logging.demo.importer import Importer, Refused
from slack_logging.demo.orders import order_to_retry

router = CommandRouter()

_steered: list[Importer] = []


def commands_to_try(lines: Sequence[str]) -> str:
    """Return commands to begin with, a line each; one that retries an order only where one will fail."""
    retry = order_to_retry(lines)
    commands = ["!help", "!status", "!level orders DEBUG", "!pause", "!resume"]
    if retry is not None:
        commands.append(f"!retry {retry}")
    return "\n".join(f"  {command}" for command in commands)


@contextmanager
def steering(importer: Importer) -> Iterator[None]:
    """Make `importer` the one that the commands act on."""
    _steered.append(importer)
    try:
        yield
    finally:
        _steered.remove(importer)


@router.command
def pause() -> str:
    """Stop the import after the line at hand."""
    with _import() as orders:
        return str(orders.pause())


@router.command
def resume() -> str:
    """Let a paused import read on."""
    with _import() as orders:
        return str(orders.resume())


@router.command
def progress() -> str:
    """Say how far the import is."""
    with _import() as orders:
        return str(orders.progress())


@router.command
def retry(order: int) -> str:
    """Import an order that failed once more.

    Args:
        order: its number, such as 1042
    """
    with _import() as orders:
        imported = orders.retry(order)
    return f"order {imported.order_id} is imported: {imported.quantity} x {imported.sku} for {imported.customer_id}"


@contextmanager
def _import() -> Iterator[Importer]:
    """Give the import, and tell the person who asked why it refuses: that is no error of the program."""
    if not _steered:
        raise CommandError("no import is running")
    try:
        yield _steered[-1]
    except Refused as error:
        raise CommandError(str(error)) from None
