"""The import, at work in a thread of its own with a database in a temporary directory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from slack_logging.demo import ops
from slack_logging.demo.database import Database
from slack_logging.demo.importer import Importer
from slack_logging.demo.pace import Pace


@contextmanager
def running_import(lines: list[str], pace: Pace) -> Iterator[Importer]:
    """Run an import that the router's commands act on; in the end it is stopped and its database removed.

    Args:
        lines: what to import.
        pace: how fast.

    Raises:
        OSError: there is no room for the database.
    """
    with (
        TemporaryDirectory(prefix="slack-logging-demo-") as directory,
        closing(Database.create(Path(directory) / "orders.db")) as database,
    ):
        importer = Importer(lines, database, pace=pace)
        thread = threading.Thread(target=importer.run, name="import")
        with ops.steering(importer):
            thread.start()
            try:
                yield importer
            finally:
                importer.stop()
                pace.allow()
                thread.join()
