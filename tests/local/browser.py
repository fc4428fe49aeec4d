"""What a browser does with the local Slack's page, over plain HTTP."""

from __future__ import annotations

import http.client
import json
from typing import Any

from slack_logging.local import LocalSlack

JSON = {"Content-Type": "application/json"}


class Answer:
    """One answer, read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


def request(
    slack: LocalSlack,
    path: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    connection = http.client.HTTPConnection(slack.url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def post(slack: LocalSlack, path: str, asked: object, **headers: str) -> Answer:
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    return request(slack, path, method="POST", body=json.dumps(asked).encode(), headers=JSON | extra)


class Events:
    """One page's event stream."""

    def __init__(self, slack: LocalSlack) -> None:
        self._connection = http.client.HTTPConnection(slack.url.removeprefix("http://"), timeout=10)
        self._connection.request("GET", "/page/events")
        self.response = self._connection.getresponse()

    def __enter__(self) -> Events:
        return self

    def __exit__(self, *_: object) -> None:
        self.response.close()
        self._connection.close()

    def next(self) -> tuple[str, Any]:
        """Return the next event's name and data, or ``("end", None)``."""
        name, data = "message", None
        while line := self.response.readline().decode():
            field, _, value = line.rstrip("\n").partition(":")
            if field == "event":
                name = value.strip()
            elif field == "data":
                data = json.loads(value) if value else None
            elif not line.strip() and (name, data) != ("message", None):
                return name, data
        return "end", None
