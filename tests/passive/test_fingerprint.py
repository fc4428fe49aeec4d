"""What makes two errors the same, and what does not."""

from __future__ import annotations

import base64
import builtins
import json
import random
import string
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from slack_logging import notices
from slack_logging.passive.records.fingerprint import fault_of, fingerprint, is_library, normalised


def caught(act: Callable[[], object]) -> str:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - any will do
        return fault_of(error)
    raise AssertionError("nothing was raised")


def require(holds: bool) -> None:
    """Raise, as a helper that many call."""
    if not holds:
        raise ValueError("not so")


def save(number: int) -> None:
    require(number < 0)


def load(number: int) -> None:
    require(number < 0)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("order 1042 not imported", "order # not imported"),
        ("user 'ada' of \"ops\" in `db`", "user # of # in #"),
        ("id 123e4567-e89b-12d3-a456-426614174000 gone", "id # gone"),
        ("at 0x7f3a9c and deadbeef01", "at # and #"),
        ("2026-11-24 12:30:45,123 took 1.5s", "# # took #s"),
        ("it doesn't, they won't", "it doesn#t"),
        ("upload 01J9ZQ3W8K5T7Y2N4M6P8R0S1V failed", "upload # failed"),
        ("mail to ada.l+x@shop.example bounced", "mail to # bounced"),
        ("from fe80::1ff:fe23:4567:890a and 2001:db8:0:1:1:1:1:1", "from # and #"),
        ("pod web-7d9f8b6c5-x2x4z of commit 1a2b3c4", "pod # of commit #"),
        ("cannot open /tmp/n2/repo/x", "cannot open /tmp/n#/repo/x"),
        ("cannot add face to cafe", "cannot add face to cafe"),
    ],
)
def test_texts_lose_what_differs_from_case_to_case(text: str, kept: str) -> None:
    """Numbers, ids, times and quoted parts; not words that look like hexadecimal."""
    assert normalised(text) == kept


@pytest.mark.parametrize(
    "word",
    "apple bread connection_refused ECONNREFUSED node-exporter report_final.csv /srv/app/orders/apple.py "
    "src/Main/Orders HTTPServer getUser XmlHttpRequest HttpServer toISOString iPhoneApp PostgreSQL DynamoDB "
    "WebSocket parseJSON KafkaConsumer UnicodeDecodeError IUserService McDonalds tmpdirectory MAX_RETRIES "
    "rhythms strengths".split(),
)
def test_words_and_names_are_kept(word: str) -> None:
    """Two errors that name two things are two."""
    assert normalised(f"{word} failed") == f"{word} failed"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("getUser2", "getUser#"),
        ("utf8", "utf#"),
        ("sha256", "sha#"),
        ("v1.10.2-beta3", "v#-beta#"),
        ("x86_64-linux-gnu", "x#-linux-gnu"),
        ("S3Client", "S#Client"),
        ("OAuth2Error", "OAuth#Error"),
        ("HTTP2Connection", "HTTP#Connection"),
        ("IPv4Address", "IPv#Address"),
        ("S3ConfigurationError", "S#ConfigurationError"),
        ("i18n", "i#n"),
        ("postgresql12", "postgresql#"),
        ("order_import_v2", "order_import_v#"),
        ("ERROR_CODE_17", "ERROR_CODE_#"),
        ("users2.csv", "users#.csv"),
        ("100MB", "#MB"),
    ],
)
def test_names_with_a_number_lose_no_more_than_that(name: str, kept: str) -> None:
    """Numbers differ from case to case, the rest of a name does not."""
    assert normalised(f"{name} failed") == f"{kept} failed"


LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
SAFE = "bcdfghjklmnpqrstvwxz2456789"


def base64_of(dice: random.Random) -> str:
    return base64.b64encode(dice.randbytes(12)).decode()


def drawn(letters: str, *counts: int, before: str = "", after: str = "") -> Callable[[random.Random], str]:
    """Return what draws an id: groups of these letters, with hyphens between."""
    return lambda dice: before + "-".join("".join(dice.choices(letters, k=count)) for count in counts) + after


@pytest.mark.parametrize(
    ("draw", "most"),
    [
        pytest.param(drawn(LOWER + UPPER + DIGITS, 14, before="cus_"), 10, id="stripe"),
        pytest.param(drawn(LOWER + UPPER + DIGITS, 8), 60, id="base62 of 8"),
        pytest.param(drawn(LOWER + UPPER + DIGITS, 12), 25, id="base62 of 12"),
        pytest.param(drawn(LOWER + UPPER + DIGITS, 22), 3, id="base62 of 22"),
        pytest.param(drawn(LOWER + UPPER + DIGITS + "_-", 21), 12, id="nanoid"),
        pytest.param(drawn(UPPER + "234567", 26), 12, id="base32"),
        pytest.param(base64_of, 40, id="base64"),
        pytest.param(drawn(LOWER + DIGITS + "_", 8, before="/tmp/tmp", after="/a.csv"), 1, id="temporary folder"),  # noqa: S108 - no file
        pytest.param(drawn(SAFE, 9, 5, before="web-"), 5, id="pod"),
        pytest.param(drawn(UPPER + DIGITS, 9, before="U0"), 3, id="slack"),
        pytest.param(drawn("0123456789abcdef", 8), 5, id="hexadecimal"),
        pytest.param(drawn("0123456789abcdef", 8, 4, 4, 4, 12), 1, id="uuid"),
    ],
)
def test_a_thousand_ids_are_few_kinds(draw: Callable[[random.Random], str], most: int) -> None:
    """In a text, and in a message that has no text but its argument; a few look like words by chance."""
    dice = random.Random(11)  # noqa: S311 - no secret
    texts = [f"order {draw(dice)} could not be paid" for _ in range(1000)]
    assert len({normalised(text) for text in texts}) <= most
    assert len({fingerprint("shop", 40, "%s", "", text) for text in texts}) <= most


def test_long_texts_take_no_longer_than_they_must() -> None:
    """Whatever stands in them; a regular expression that tries all ways would take minutes."""
    start = time.thread_time()
    for piece in "aB1 a 1a a- a1@ / A/a1+ aA +1 a_b- A :a 'a AAb1 msg=' a:: 1:".split():
        normalised(piece * 400)
    assert time.thread_time() - start < 1


def test_one_error_with_a_thousand_ids_is_one() -> None:
    """Whether the ids are arguments, part of the message, or in the exception's text."""

    def fail(number: int) -> None:
        raise KeyError(f"order {number}")

    faults = {caught(lambda number=number: fail(number)) for number in range(1000)}  # type: ignore[misc] # each its own
    prints = {fingerprint("shop", 40, f"order {number} failed", fault) for number in range(1000) for fault in faults}
    assert (len(faults), len(prints)) == (1, 1)


def test_errors_raised_through_one_helper_differ_by_who_called_it() -> None:
    """The same exception with the same text, from two places."""
    assert caught(lambda: save(1)) != caught(lambda: load(1))


def check(holds: bool) -> None:
    """Raise through a helper's own helper."""
    require(holds)


def test_errors_raised_through_a_helper_of_a_helper_differ_by_who_called_it() -> None:
    """The three innermost functions count."""

    def save_checked() -> None:
        check(False)

    def load_checked() -> None:
        check(False)

    assert caught(save_checked) != caught(load_checked)


def test_who_called_from_far_above_makes_no_other_error() -> None:
    """One route or another, and however deep a function calls itself."""

    def fail_through(depth: int) -> None:
        if depth:
            fail_through(depth - 1)
        check(False)

    def other_route() -> None:
        fail_through(1)

    assert len({caught(act) for act in (other_route, *(lambda n=n: fail_through(n) for n in range(4)))}) == 1


def lose_customer() -> None:
    raise KeyError(f"customer {time.monotonic_ns()}")


def lose_mail() -> None:
    raise ConnectionRefusedError("smtp:25")


def run_job(act: Callable[[], None]) -> None:
    """Wrap whatever a job raises."""
    try:
        act()
    except Exception as error:
        raise RuntimeError("job failed") from error


def run_in_handler(act: Callable[[], None]) -> None:
    """Raise while an error is handled, which Python notes of itself."""
    try:
        act()
    except Exception:  # noqa: BLE001 - any will do
        raise RuntimeError("job failed")  # noqa: B904 - the context is meant


def run_silently(act: Callable[[], None]) -> None:
    """Raise without showing what led to it."""
    try:
        act()
    except Exception:  # noqa: BLE001 - any will do
        raise RuntimeError("job failed") from None


class Group(Exception):
    """As Python's since 3.11, and as the package that older ones use: the text counts the members."""

    def __init__(self, text: str, exceptions: list[Exception]) -> None:
        super().__init__(text, exceptions)
        self.message, self.exceptions = text, tuple(exceptions)

    def __str__(self) -> str:
        return f"{self.args[0]} ({len(self.exceptions)} sub-exception{'s' * (len(self.exceptions) != 1)})"


KINDS_OF_GROUP = [Group, *(getattr(builtins, name) for name in ("ExceptionGroup",) if hasattr(builtins, name))]


def raised_by(act: Callable[[], None]) -> Exception:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - any will do
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("wrap", [run_job, run_in_handler])
def test_what_a_helper_wraps_tells_errors_apart(wrap: Callable[[Callable[[], None]], None]) -> None:
    """Two jobs fail in two ways, each twice."""
    jobs = [lose_customer, lose_mail, lose_customer, lose_mail]
    one, other, *again = [caught(lambda job=job: wrap(job)) for job in jobs]  # type: ignore[misc] # each its own
    assert one != other
    assert again == [one, other]


def test_what_no_traceback_shows_does_not_count() -> None:
    """A suppressed context is not to be seen."""
    assert caught(lambda: run_silently(lose_mail)) == caught(lambda: run_silently(lose_customer))


@pytest.mark.parametrize("group", KINDS_OF_GROUP)
def test_groups_differ_by_the_kinds_of_their_members(group: Callable[[str, list[Exception]], Exception]) -> None:
    """Not by their order or number."""

    def grouped(*acts: Callable[[], None]) -> str:
        return fault_of(group("unhandled errors", [raised_by(act) for act in acts]))

    assert grouped(lose_mail) != grouped(lose_customer)
    assert grouped(lose_mail, lose_customer) == grouped(lose_customer, lose_mail, lose_mail)
    assert grouped(lose_mail) == grouped(lose_mail, lose_mail)


def test_how_often_a_retry_failed_before_makes_no_other_error() -> None:
    """Each attempt is made in the handling of the last one's failure."""

    def attempt(left: int) -> None:
        try:
            lose_mail()
        except OSError:
            if not left:
                raise
            attempt(left - 1)

    assert len({caught(lambda n=n: attempt(n)) for n in range(1, 5)}) == 1  # type: ignore[misc] # each its own


def test_causes_without_end_are_survived() -> None:
    """They lead back to each other, are a thousand, or raise when they are read."""

    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError

        @property
        def exceptions(self) -> tuple[Exception, ...]:
            raise RuntimeError

    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert fault_of(one) != fault_of(other)
    assert "Broken" in fault_of(Broken())
    wrapper = ValueError("one")
    wrapper.__cause__ = Broken()
    assert fault_of(wrapper) != fault_of(ValueError("one"))


def test_few_of_many_causes_are_read() -> None:
    """Whoever logs waits for it."""
    asked = []

    class Counted(Exception):
        def __str__(self) -> str:
            asked.append(self)
            return ""

    chain = [Counted() for _ in range(1000)]
    for error, cause in pairwise(chain):
        error.__context__ = cause
    fault_of(chain[0])
    assert asked == chain[:33]
    asked.clear()
    fault_of(Group("many", list(chain[::-1])))
    assert asked == chain[:-33:-1]


def test_lines_that_move_change_nothing() -> None:
    """Another release has other line numbers."""
    sources = ["def work():\n    raise OSError('x')\n", "\n\n\ndef work():\n    raise OSError('x')\n"]
    faults = []
    for source in sources:
        names: dict[str, Callable[[], None]] = {}
        exec(compile(source, "/srv/app/work.py", "exec"), names)  # noqa: S102 - two releases of one function
        faults.append(caught(names["work"]))
    assert faults[0] == faults[1]


def test_libraries_frames_do_not_count_where_there_are_others() -> None:
    """What a library does inside is its own affair."""
    fault = caught(lambda: json.loads("{"))
    assert "test_fingerprint.py" in fault
    assert "decoder.py" not in fault


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (("shop", 40, "failed %s", "ValueError"), False),
        (("shop.db", 40, "failed %s", "ValueError"), True),
        (("shop", 50, "failed %s", "ValueError"), True),
        (("shop", 40, "broken %s", "ValueError"), True),
        (("shop", 40, "failed %s", "KeyError"), True),
    ],
)
def test_every_part_counts(other: tuple[str, int, str, str], differs: bool) -> None:
    """Logger, level, template and exception."""
    assert (fingerprint(*other) != fingerprint("shop", 40, "failed %s", "ValueError")) is differs


def test_an_exception_whose_text_raises_is_told_by_its_type() -> None:
    """Its own `__str__` may be what is broken."""

    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert "Broken" in fault_of(Broken())


@pytest.mark.parametrize(
    ("path", "library"),
    [
        ("/srv/app/orders.py", False),
        ("/srv/app/.venv/lib/python3.11/site-packages/aiohttp/web.py", True),
        ("/usr/lib/python3/dist-packages/yaml.py", True),
        (json.__file__, True),
        (notices.__file__, True),
        ("<frozen importlib._bootstrap>", True),
        ("<stdin>", True),
    ],
)
def test_files_of_libraries_are_known(path: str, library: bool) -> None:
    """The standard library's, installed packages' and our own, and what is no file."""
    assert is_library(path) is library


def test_a_template_that_says_nothing_leaves_the_text_to_tell_errors_apart() -> None:
    """As ``"%s"``, or a line of JSON; numbers still make no difference."""
    texts = ["disk full", "out of memory", "order 1 failed", "order 2 failed"]
    prints = [fingerprint("shop", 40, "%s", "", text) for text in texts]
    assert len(set(prints)) == 3
    assert prints[2] == prints[3]
    lines = [json.dumps({"event": event, "level": "error"}) for event in texts]
    assert len({fingerprint("shop", 40, line, "", line) for line in lines}) == 3
    assert fingerprint("shop", 40, "order %d", "", "order 1") == fingerprint("shop", 40, "order %d", "", "order 2")
