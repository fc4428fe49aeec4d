"""Which call meets which fault, and how faults are written and checked."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_logging.local import Fault, LocalSlack
from slack_logging.local.faults.fault import KINDS
from slack_logging.local.faults.plan import FaultPlan, parse_fault

WRITTEN = [
    ("latency:0.5", Fault.latency(0.5)),
    ("rate_limited:30", Fault.rate_limited()),
    ("rate_limited:30,times=3", Fault.rate_limited(30, times=3)),
    ("rate_limited:soon", Fault.rate_limited("soon")),
    ("rate_limited:Wed, 21 Oct 2037 07:28:00 GMT", Fault.rate_limited("Wed, 21 Oct 2037 07:28:00 GMT")),
    ("rate_limited:none", Fault.rate_limited(None)),
    ("error:internal_error", Fault.error("internal_error")),
    ("error:internal_error:after", Fault.error("internal_error", after=True)),
    ("server_error:503,probability=0.1", Fault.server_error(503, probability=0.1)),
    ("truncated", Fault.truncated()),
    ("cut_before,times=forever,probability=0", Fault.cut_before(times=None, probability=0)),
    ("cut_after", Fault.cut_after()),
    ("cut_late:2", Fault.cut_late(2)),
    ("slow_answer:1e-05", Fault.slow_answer(0.00001)),
    ("tls", Fault.tls()),
    ("stale:2,times=forever", Fault.stale(2, times=None)),
    ("from_oldest", Fault.from_oldest()),
    ("duplicate", Fault.duplicate()),
    ("reorder", Fault.reorder()),
    ("lose", Fault.lose()),
    ("oversize", Fault.oversize()),
    ("deaf", Fault.deaf()),
    ("mute", Fault.mute()),
    ("refresh", Fault.refresh()),
    ("close", Fault.close()),
    ("drop", Fault.drop()),
]

_SECONDS = st.floats(min_value=0, allow_infinity=False, allow_nan=False) | st.integers(0, 10**6)
_CODES = st.text("abcxyz_019", min_size=1)
_WORDS = st.text(string.printable, min_size=1)
_HOW_OFTEN = {"times": st.none() | st.integers(1, 10**9 - 1), "probability": st.floats(0, 1)}
_HEADERS = (
    st.none()
    | st.integers(0, 10**9 - 1)
    | st.text("".join(map(chr, range(33, 127))), min_size=1).filter(lambda text: "," not in text and text != "none")
)
FAULTS = st.one_of(
    *(
        st.builds(make, _SECONDS, **_HOW_OFTEN)
        for make in (Fault.latency, Fault.cut_late, Fault.slow_answer, Fault.stale)
    ),
    st.builds(Fault.rate_limited, _HEADERS, **_HOW_OFTEN),
    st.builds(Fault.error, _CODES, after=st.booleans(), **_HOW_OFTEN),
    st.builds(Fault.server_error, st.integers(500, 599), **_HOW_OFTEN),
    *(
        st.builds(make, **_HOW_OFTEN)
        for make in (
            Fault.truncated,
            Fault.cut_before,
            Fault.cut_after,
            Fault.tls,
            Fault.from_oldest,
            Fault.duplicate,
            Fault.reorder,
            Fault.lose,
            Fault.oversize,
        )
    ),
)


@pytest.mark.parametrize(("text", "fault"), WRITTEN)
def test_a_fault_is_written_in_one_way(text: str, fault: Fault) -> None:
    """Kind, value, and the two options where they are not the usual."""
    assert (text, fault) == (str(fault), Fault.parse(text))


def test_every_kind_is_written_above() -> None:
    """The table of this file leaves out no kind."""
    assert set(KINDS) == {fault.kind for _, fault in WRITTEN}


@given(FAULTS)
def test_what_is_written_reads_as_it_was(fault: Fault) -> None:
    """Any fault that can be made survives being written and read, alone and with its method."""
    method = (*KINDS[fault.kind].only, "*")[0]
    assert fault == Fault.parse(str(fault))
    assert (method, fault) == parse_fault(f"{method}={fault}")


@given(
    st.text()
    | st.builds("{}={}:{},{}".format, st.sampled_from(["*", "socket"]), st.sampled_from(sorted(KINDS)), _WORDS, _WORDS)
)
def test_whatever_is_written_is_a_fault_or_a_plain_error(text: str) -> None:
    """No text brings the reader down: it is read as what it says, or is a ValueError."""
    try:
        method, fault = parse_fault(text)
    except ValueError:
        return
    assert (method, fault) == parse_fault(f"{method}={fault}")


@pytest.mark.parametrize(("text", "times"), [("server_error", 1), ("rate_limited", 1), ("server_error,times=2", 2)])
def test_values_that_have_a_default_can_be_left_out(text: str, times: int) -> None:
    """A status is 500, a wait 30 seconds, unless given."""
    expected = {"server_error": Fault.server_error(500), "rate_limited": Fault.rate_limited(30)}
    read = Fault.parse(text)
    assert (str(expected[read.kind]), times) == (str(read).partition(",")[0], read.times)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("chat.postMessage", "'chat.postMessage' is no fault: expected METHOD=KIND, such as "),
        ("chat.postMesage=cut_before", "no method 'chat.postMesage' (did you mean 'chat.postMessage'?): expected a "),
        (
            "a=cut_before",
            "there is no method 'a': expected a Web API method, webhook, upload, download, socket, push, *",
        ),
        ("*=rate", "no kind of fault 'rate' (did you mean 'rate_limited'?): expected latency, "),
        ("*=ratelimited", "no kind of fault 'ratelimited' (did you mean 'rate_limited'?): expected latency, "),
        ("*=xyz", "there is no kind of fault 'xyz': expected latency, "),
        ("*=latency", "latency needs a value: expected latency:SECONDS"),
        ("*=latency:", "seconds of latency is '': expected a number"),
        ("*=latency:-1", "seconds of latency is -1.0: expected a number, 0 or more"),
        ("*=latency:inf", "seconds of latency is inf: expected a number, 0 or more"),
        ("*=latency:nan", "seconds of latency is nan: expected a number, 0 or more"),
        ("*=latency:1,tmes=2", "no option 'tmes' (did you mean 'times'?): expected times= or probability="),
        ("*=latency:1,times=0", "times is '0': expected 1 or more, or 'forever'"),
        ("*=latency:1,times=two", "times is 'two': expected 1 or more, or 'forever'"),
        ("*=latency:1,times=1,times=1", "times is '1': expected to be given once"),
        ("*=latency:1,probability=1.1", "probability is 1.1: expected 0 to 1"),
        ("*=latency:1,probability=nan", "probability is nan: expected 0 to 1"),
        ("*=latency:1,probability=", "probability is '': expected a number"),
        ("*=truncated:1", "truncated takes no value, got '1'"),
        ("*=server_error:404", "status is 404: expected 500 to 599"),
        ("*=server_error:x", "status is 'x': expected a whole number"),
        ("*=error", "error needs a value: expected error:CODE[:after]"),
        ("*=error:no such", "code is 'no such': expected one such as 'internal_error'"),
        ("*=error:x:before", "what follows the code is 'before': expected 'after'"),
        ("*=rate_limited:", "retry_after is '': expected seconds below 10**9, None, or printable ASCII"),
        ("*=stale:1", "stale happens to conversations.history and conversations.replies only, not to '*'"),
        ("conversations.replies=from_oldest", "from_oldest happens to conversations.history only, not to 'convers"),
        ("*=lose", "lose happens to socket and push only, not to '*'"),
        ("*=deaf", "deaf happens to socket only, not to '*'"),
        ("socket=cut_before", "cut_before does not happen to a socket: expected duplicate, reorder, lose, oversize"),
        ("push=cut_before", "cut_before does not happen to a push: expected duplicate, reorder, lose"),
        ("push=deaf", "deaf happens to socket only, not to 'push'"),
    ],
)
def test_what_is_no_fault_is_told(text: str, error: str) -> None:
    """An error says what was got, what is expected, and what comes nearest."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        parse_fault(text)
    assert error in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Fault.latency(-0.1),
        lambda: Fault.stale("2"),  # type: ignore[arg-type]  # the mistake is the point
        lambda: Fault.cut_before(times=0),
        lambda: Fault.cut_before(times=1.5),  # type: ignore[arg-type]  # the mistake is the point
        lambda: Fault.cut_before(probability=-0.1),
        lambda: Fault.rate_limited(-1),
        lambda: Fault.rate_limited("none"),
        lambda: Fault.rate_limited("soon,times=3"),
        lambda: Fault.rate_limited("a\nb"),
        lambda: Fault.server_error(600),
        lambda: Fault.error(""),
    ],
)
def test_wrong_arguments_are_told_at_construction(make: Callable[[], Fault]) -> None:
    """What could not happen, or not be written down, is a ValueError with what was got and expected."""
    with pytest.raises(ValueError, match=r" is .*: expected "):
        make()


@pytest.mark.parametrize("method", ["chat.postMesage", "sockets"])
def test_a_fault_for_a_method_that_is_none_is_told(method: str) -> None:
    """A misspelt method would never be met: planning for it is an error."""
    with pytest.raises(ValueError, match="did you mean"):
        LocalSlack().fault(method, Fault.cut_before())


def kinds_taken(plan: FaultPlan, *methods: str) -> list[str | None]:
    taken = [plan.take(method) for method in methods]
    return [fault.kind if fault else None for fault in taken]


def test_plan_takes_the_first_that_applies() -> None:
    """Faults for one method come in the order in which they were planned, those for all among them."""
    plan = FaultPlan()
    plan.add("upload", Fault.cut_before())
    plan.add("*", Fault.cut_after(times=2))
    plan.add("upload", Fault.server_error())
    expected = ["cut_before", "cut_after", "cut_after", None, "server_error", None]
    assert expected == kinds_taken(plan, "upload", "webhook", "upload", "webhook", "upload", "upload")


def test_socket_has_faults_of_its_own() -> None:
    """What is planned for the events sent waits for them, and what is for all calls spares them."""
    plan = FaultPlan()
    plan.add("*", Fault.cut_before())
    for fault in (Fault.duplicate(), Fault.reorder(), Fault.lose(), Fault.oversize()):
        plan.add("socket", fault)
    assert ["duplicate", "reorder", "lose", "oversize", None] == kinds_taken(plan, *["socket"] * 5)
    plan.add("socket", Fault.lose())
    plan.add("push", Fault.duplicate())
    expected = ["duplicate", "cut_before", None, "lose", None]
    assert expected == kinds_taken(plan, "push", "auth.test", "auth.test", "socket", "push")


def test_what_is_planned_can_be_seen_and_cleared() -> None:
    """The plan shows what is left, in order; a copy, which changes nothing."""
    plan = FaultPlan()
    plan.add("*", Fault.cut_before(times=3))
    plan.add("webhook", Fault.truncated(times=None))
    plan.take("upload")
    assert [("*", Fault.cut_before(times=2)), ("webhook", Fault.truncated(times=None))] == plan.planned()
    plan.planned().clear()
    assert 2 == len(plan.planned())
    plan.clear()
    assert ([], None) == (plan.planned(), plan.take("webhook"))


def test_chance_spares_calls_without_counting_them() -> None:
    """A fault with a probability hits as many calls as planned, in the end; a call that it spares meets the next."""
    plan = FaultPlan(seed=3)
    plan.add("*", Fault.cut_before(times=3, probability=0.5))
    plan.add("*", Fault.cut_after(times=None))
    taken = kinds_taken(plan, *["upload"] * 100)
    assert 3 == taken.count("cut_before")
    assert 97 == taken.count("cut_after")
    assert ["cut_before"] * 3 != taken[:3]


@pytest.mark.parametrize(("probability", "least", "most"), [(0.0, 0, 0), (0.25, 200, 300), (1.0, 1000, 1000)])
def test_chance_is_as_given(probability: float, least: int, most: int) -> None:
    """Of many calls the part that fails is the probability: none at 0, every one at 1."""
    plan = FaultPlan()
    plan.add("*", Fault.cut_before(times=None, probability=probability))
    assert least <= kinds_taken(plan, *["upload"] * 1000).count("cut_before") <= most
