"""What an answer owes, in which order, and that nothing of it is lost, without Slack."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from slack_logging.active.answering.answer import MOST_WAITING, Answer, Due
from slack_logging.active.answering.part import Part, Receipt
from slack_logging.active.answering.reply import Content
from slack_logging.active.language.parsing import recognise
from slack_logging.active.ledger import Key
from slack_logging.active.reading.intake import Heard
from slack_logging.errors import DeliveryError, Rejected
from slack_logging.slack.limits import MAX_TEXT
from slack_logging.slack.literal import units
from slack_logging.slack.text import Span


def answer() -> Answer:
    """Return the answer of a command that runs."""
    call = recognise([Span("!do")], prefix="!", bot_user="U0BOT")
    assert call is not None
    made = Answer(Heard(Key("T0", "C0", "1.000001"), "U0", "!do", call))
    made.is_finished = False
    return made


def part(text: str) -> Part:
    """Return text to be said."""
    return Part([text], units(text))


def same(text: str) -> str:
    """Redact nothing."""
    return text


def test_what_waits_is_bounded() -> None:
    """A program that says more than anybody could read is told how much is left out."""
    owed = answer()
    for _ in range(60):
        owed.add(part("x" * 100_000), 0.0)
    owed.take_post(same, files=True)
    owed.posted("2.000001", 0.0)
    [(file, _)] = owed.files
    assert MOST_WAITING < len(file.content) < MOST_WAITING + 200
    assert file.whole.endswith("characters more are left out)")


def test_who_no_longer_waits_takes_it_back() -> None:
    """Unless it is on its way."""
    owed, settled = answer(), list[DeliveryError | None]()
    receipts = [Receipt(settled.append) for _ in range(2)]
    for receipt in receipts:
        owed.add(Part(["a"], 1, receipts=(receipt,)), 0.0)
    owed.withdraw(receipts[1])
    assert owed.take_post(same, files=True).content == Content("a")
    owed.withdraw(receipts[0])
    owed.posted("2.000001", 0.0)
    assert (settled, owed.is_owed) == ([None], False)


class Thread(RuleBasedStateMachine):
    """A program that says lines, and a Slack that takes them, refuses edits, or takes no files."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = answer()
        self.said: list[str] = []
        self.thread: dict[str, str] = {}
        self.files: list[str] = []
        self.settled: list[DeliveryError | None] = []
        self.waiting = 0
        self.now = 0.0
        self.is_in_order = True

    @rule(size=st.sampled_from([1, 40, 1500, 3400, 9000]), waits=st.booleans())
    def say(self, size: int, waits: bool) -> None:
        """Say a line that is like no other."""
        text = f"{len(self.said):04d}" + "x" * size
        self.said.append(text)
        self.waiting += waits
        self.answer.add(Part([text], units(text), receipts=(Receipt(self.settled.append),) if waits else ()), self.now)

    @rule()
    def report(self) -> None:
        """Report progress."""
        self.answer.report(1, 2, "", self.now)

    @rule(finished=st.booleans())
    def finish(self, finished: bool) -> None:
        """End, or be claimed again."""
        self.answer.is_finished = finished

    @rule(files=st.booleans(), lost=st.booleans())
    def call(self, files: bool, lost: bool) -> None:
        """Make the next call for text; its answer may be lost, and then it is made again."""
        self.now += 10
        for kind, _ in self.answer.due():
            if kind in (Due.POST, Due.POST_PROGRESS):
                draft = self.answer.take_post(same, files=files)
                if not lost:
                    ts = f"{len(self.thread)}"
                    self.thread[ts] = draft.content.text
                    self.answer.posted(ts, self.now)
            elif kind in (Due.EDIT, Due.EDIT_PROGRESS):
                content = self.answer.take_edit(same, files=files)
                if not lost:
                    self.thread[self.answer.message] = content.text
                    self.answer.edited(content, self.now)

    @rule()
    def refuse_an_edit(self) -> None:
        """The open message can be edited no more."""
        if any(kind in (Due.EDIT, Due.EDIT_PROGRESS) for kind, _ in self.answer.due()):
            self.answer.take_edit(same, files=True)
            self.answer.reopen()

    @precondition(lambda self: self.answer.files)
    @rule(is_shared=st.booleans())
    def share(self, is_shared: bool) -> None:
        """Take a file, or refuse it: then messages show what it holds."""
        if is_shared:
            self.files.append(self.answer.files[0][0].whole)
            self.answer.shared()
        elif not self.answer.draft:  # a message on its way comes before what takes a file's place: no order to see
            # nor is there, where its message could be edited no more, and others have come below it
            self.is_in_order &= self.answer.files[0][0].shown in self.answer._open.text
            assert not self.answer.not_shared(Rejected("files", "missing_scope"))

    @invariant()
    def every_message_fits(self) -> None:
        """Slack refuses others; what takes a file's place may be a little longer than its beginning."""
        assert all(units(text) <= MAX_TEXT + 200 for text in self.thread.values())

    def teardown(self) -> None:
        """In the end all is there, in order, and everybody who waited knows."""
        for _ in range(500):
            if not self.answer.is_owed:
                break
            self.call(files=True, lost=False)
            while self.answer.files:
                self.share(is_shared=True)
        assert not self.answer.is_owed
        assert self.settled == [None] * self.waiting
        shown = "\n".join(self.thread.values())
        seen = [at for line in self.said if (at := shown.find(line[:5])) >= 0]
        assert seen == sorted(seen) or not self.is_in_order
        whole = [shown.replace("\n", ""), *self.files]
        if "(cut: " not in shown:  # it says so
            assert all(any(line in text for text in whole) for line in self.said)


TestThread = Thread.TestCase
TestThread.settings = settings(max_examples=60, stateful_step_count=25)
