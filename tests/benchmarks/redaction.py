"""What redaction costs: an ordinary line, 1 MB of hostile text, and how long another thread is held up meanwhile.

``python -m tests.benchmarks.redaction`` shows each line and text; the benchmark takes the worst. Times are of this
machine; nothing is judged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from statistics import median

from slack_logging.clock import taking_turns
from slack_logging.redaction.redactor import Redactor
from slack_logging.redaction.shapes import SHAPES

ENVIRON = {f"SERVICE_{number}_TOKEN": f"value-of-token-{number:04}" for number in range(8)}

LINES = {
    "ordinary": "2024-05-01 12:00:00 order 1234 for customer 42 paid in 120 ms, 3 items, 12.50 EUR at shop.example",
    "with an address": "GET https://shop.example.com/orders/1234?page=2&size=50 200 in 12 ms for ada@example.com",
    "about a password": "the password of customer 42 is wrong, a token was sent to reset it; it expires",
    "with a secret": "connect to postgres://ada:hunter2@db/orders with api_key=abcdefgh and say hello",
}

#: What each hostile text repeats.
HOSTILE = {
    "letters": "a",
    "password=": "password=",
    "password, password": "password, ",
    "base64": "QUJDREVGR0hJSktM+/0a",
    "eyJ": "eyJ",
    "eyJ.": "eyJ.",
    "quotes, backslashes": "\"\\'",
    'password="\\': 'password="\\"',
    "a://b:c": "a://b:c",
    "a://b:c@": "a://b:c@",
    "BEGIN": "-----BEGIN PRIVATE KEY-----",
    "dashes": "-",
    "--token": "--token ",
    "('token', ": "('token', ",
    "sk-": "sk-",
    "tokens": "xoxb-123456789012 ",
    "hits each 6": "pwd=x ",
    "hits each line": "password=a\n",
    "commas": "password=,a,a,",
    "traceback": '  File "a"\n    password=a\n',
    "not ASCII": "\u0130é日本",
    "mixed": "xoxb-://a:=token eyJ. Bearer ",
    "hidden token": "xoxb-aaaaaaaaa[redacted]",
    "hidden, of GitHub": "ghp_aaaaaaaaaaaaaaaaaaaa[redacted]",
    "hidden tokens": "xoxb-aaaaaaaaa[redacted] ",
    "hidden, of headers": "Bearer aaaaaaaaaaaaaaa1[redacted] ",
    "pass: ": "pass: ",
    "pass:": "pass:",
    "pass:pw:": "pass:pw:",
    "passwords=[": "passwords=[",
    'passwords={"a': 'passwords={"a',
    'passwords={"a": "b", ': 'passwords={"a": "b", ',
    "password=['a b is": "password=['this field is required.', ",
    "password=a(a=1, ": "password=a(a=1, ",
    'Authorization: a="b"': 'Authorization: a="b", ',
    '"Authorization: a="b"': '"Authorization: a="b"\n',
    "pw": "pw ",
    "pwd": "pwd",
    "form-data": 'form-data; name="password"\\n',
    "form-data, headers": 'form-data; name="password"; filename="' + "\\nContent-Type: a" * 3,
    "form-data, long": f'form-data; name="{"a" * 60}',
    "(password)=(": "(password)=(x",
    "(a,)=(": "(a," * 40 + ")=(x",
    "msg, input": "password'),'msg':'input',",
    "msg, many inputs": "password'),'msg':" + ",'input'" * 20,
    "input_value": "password\n  a[type=a, input_value=[",
    "machine": "machine a login b password ",
    "machine, long": f"machine {'a' * 128} login ",
    "each look": " ".join(trigger for shape in SHAPES for trigger in shape.triggers) + " ",
}

SIZE = 1_000_000


def timed(run: Callable[[], object], times: int) -> list[float]:
    """Return how many seconds each of some runs took."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        run()
        taken.append(time.perf_counter() - begin)
    return taken


class Spinner(threading.Thread):
    """Runs without end, and keeps the longest time in which it could not."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.longest = 0.0
        self.ended = False

    def run(self) -> None:
        """Look at the clock again and again."""
        last = time.perf_counter()
        while not self.ended:
            now = time.perf_counter()
            self.longest = max(self.longest, now - last)
            last = now
            time.sleep(0)


def held_up(run: Callable[[], object]) -> float:
    """Return for how many seconds at most another thread stood still meanwhile."""
    spinner = Spinner()
    spinner.start()
    run()
    spinner.ended = True
    spinner.join(10)
    return spinner.longest


def redactor() -> Redactor:
    """Return one as a handler has it, with secrets of its own to look for."""
    return Redactor.configured(True, environ=ENVIRON, own=("xoxb-own-token-0123456789",), pause=taking_turns())


def hostile(times: int) -> Iterator[tuple[str, list[float], float]]:
    """Yield for each hostile text its name, the seconds that runs took, and for how long others were held up."""
    own = redactor()
    for name, piece in HOSTILE.items():
        text = (piece * (SIZE // len(piece) + 1))[:SIZE]
        taken = timed(lambda text=text: own.redact(text), times)  # type: ignore[misc] # its default
        longest = [held_up(lambda text=text: own.redact(text)) for _ in range(times)]  # type: ignore[misc] # its default
        yield name, taken, median(longest)


def figures(*, times: int) -> dict[str, float]:
    """Return the milliseconds that the worst hostile text takes, and for which the worst one holds others up."""
    rows = list(hostile(times))
    return {"took": max(median(taken) for _, taken, _ in rows) * 1e3, "held up": max(row[2] for row in rows) * 1e3}


def row(name: str, taken: list[float], unit: float, more: str = "") -> None:
    """Print a line of the table."""
    print(f"{name:22} {min(taken) * unit:9.1f} {median(taken) * unit:9.1f} {max(taken) * unit:9.1f} {more}")


def main() -> None:
    """Print the tables."""
    own = redactor()
    print(f"{'a line, us':22} {'min':>9} {'median':>9} {'max':>9}")
    for name, line in LINES.items():
        many = [line] * 1000
        row(name, timed(lambda many=many: [own.redact(one) for one in many], 9), 1e3)  # type: ignore[misc] # its default
    print(f"\n{'1 MB, ms':22} {'min':>9} {'median':>9} {'max':>9} another thread held up")
    for name, taken, longest in hostile(5):
        row(name, taken, 1e3, f"{longest * 1e3:9.1f}")


if __name__ == "__main__":
    main()
