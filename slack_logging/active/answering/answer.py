"""What is owed in the thread of one command: one reply that grows, and files below it. Pure.

    add, report -> due -> take -> (Slack has it) -> posted, edited

Text that was handed in waits as parts. When its turn comes, it goes into the open message as far as that has room,
else into a new one, which is then the open one. So what piles up while the pace says wait takes one call. A part that
is too long for a message is shown by its beginning, and whole as a file. Only the open message is ever edited.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum

from slack_logging.active.answering import reply
from slack_logging.active.answering.attachment import File, file_name
from slack_logging.active.answering.part import Part, Receipt, Wanted
from slack_logging.active.answering.progress import progress_line
from slack_logging.active.answering.reply import Content
from slack_logging.active.reading.intake import Heard
from slack_logging.errors import DeliveryError
from slack_logging.slack.limits import MAX_TEXT
from slack_logging.slack.literal import shorten, units

#: Seconds from one edit of a reply to the next while more may come: edits are scarce (chat.update allows 50 a minute).
EDIT_INTERVAL = 1.0

#: Seconds of work before progress is shown: what takes less has its result.
_PROGRESS_AFTER = 1.0

#: Characters that wait for Slack in one thread at most; what is more is counted and left out.
MOST_WAITING = 4_000_000

#: Characters of a progress note that are looked at; far fewer are shown.
_MAX_NOTE = 1_000


class Due(IntEnum):
    """What can be due, in the order in which scarce calls are given out."""

    POST = 0
    EDIT = 1
    FILE = 2
    POST_PROGRESS = 3
    EDIT_PROGRESS = 4


@dataclass(frozen=True, slots=True)
class Draft:
    """A message on its way. It stays the same until Slack has it.

    Attributes:
        content: what it shows.
        id: what its metadata holds, by which it is found again.
    """

    content: Content
    id: str = field(default_factory=lambda: os.urandom(16).hex())


class Answer:
    """What is said to one command. Not safe to use from several threads at once.

    Args:
        heard: the command.

    Attributes:
        since: when it became owed, in monotonic seconds.
        not_before: when the next try is, likewise.
        draft: the message that is on its way.
        message: the `ts` of the open message; empty before there is one.
        files: what is to be shared; the first is on its way.
        file_not_before: as `not_before`.
        is_finished: whether the command is over: what is said from here on is a message of its own.
    """

    def __init__(self, heard: Heard) -> None:
        self.heard = heard
        self.since = self.not_before = self.file_not_before = 0.0
        self.draft: Draft | None = None
        self.message = ""
        self.files: deque[tuple[File, tuple[Receipt, ...]]] = deque()
        self.is_finished = True
        self._parts: deque[Part] = deque()
        self._rest: deque[tuple[str, tuple[Receipt, ...]]] = deque()  # of a long text, where no files can be shared
        self._open = Content()  # what the open message is to show
        self._shown = Content()  # what it shows
        self._unseen: list[Receipt] = []  # of the text that it is to show and does not
        self._promised: list[tuple[File, tuple[Receipt, ...]]] = []  # by that text
        self._edited_at = -math.inf
        self._progress: tuple[object, object, str] | None = None
        self._progress_since = 0.0
        self._progress_is_news = False
        self._names: set[str] = set()

    # -- what is handed in -----------------------------------------------------------------------------------------

    def add(self, part: Part, now: float) -> None:
        """Take in text, which takes the place of the progress that is shown; or only files."""
        if not self.is_owed:
            self.since = now
        for receipt in part.receipts:
            receipt.left = len(part.files) + bool(part.units)
        if not part.units:
            self.files.extend((self._named(file), part.receipts) for file in part.files)
            return
        part.is_new = self.is_finished
        self._progress, self._progress_is_news = None, False
        self._limit(part)
        last = self._parts[-1] if self._parts else None
        if last and last.is_plain and part.is_plain and last.is_new == part.is_new:
            last.texts += part.texts
            last.units += 1 + part.units
            last.left_out += part.left_out
        else:
            self._parts.append(part)

    def _limit(self, part: Part) -> None:
        """Leave out what is too much to wait."""
        room = max(MOST_WAITING - sum(each.units for each in self._parts), 0)
        if part.units > room:
            text = part.text()
            part.texts, part.left_out = ([text[:room]] if room else []), len(text) - room
            part.units = units(text[:room])

    def withdraw(self, receipt: Receipt) -> None:
        """Take back the part that somebody no longer waits for, unless it is on its way."""
        self._parts = deque(part for part in self._parts if receipt not in part.receipts)

    def report(self, done: object, total: object, note: str, now: float) -> bool:
        """Take in how far the command is; tell whether that was not known to be news already."""
        if self._progress is None:
            self._progress_since = now
        if not (self._progress_is_news or self.is_owed):
            self.since = now
        self._progress = (done, total, note)
        was_news, self._progress_is_news = self._progress_is_news, True
        return not was_news

    # -- what is due -----------------------------------------------------------------------------------------------

    @property
    def is_owed(self) -> bool:
        """Tell whether somebody would miss something if nothing more was sent: not the progress of what still runs."""
        last_progress = self.is_finished and self._has_progress
        return bool(self.draft or self._parts or self._rest or self.files or self._must_edit or last_progress)

    @property
    def _has_progress(self) -> bool:
        """Tell whether there is progress that no message shows, or one shows such that is over."""
        return self._progress_is_news or (bool(self.message) and self._open.progress != self._shown.progress)

    @property
    def _must_edit(self) -> bool:
        return bool(self.message) and self._open[::2] != self._shown[::2]

    def due(self) -> list[tuple[Due, float]]:
        """Return what is to be done next, and when at the earliest: at most one call for text, and one for a file."""
        found = [(Due.FILE, self.file_not_before)] if self.files else []
        kind, at = self._due_text()
        return found if kind is None else [*found, (kind, max(at, self.not_before))]

    def is_due(self, kind: Due) -> bool:
        """Tell whether this is still the next call for text."""
        return self._due_text()[0] is kind

    def _due_text(self) -> tuple[Due | None, float]:
        """Return the next call for text.

        What is on its way comes first; then what the open message does not show, and what is left of a long text;
        then new text; then progress.
        """
        if self.draft:
            return Due.POST, 0.0
        if self._must_edit:
            return Due.EDIT, 0.0
        if self._rest:
            return Due.POST, 0.0
        if self._parts:
            return self._due_part(self._parts[0])
        if not self._has_progress:
            return None, 0.0
        if self.is_finished:
            return (Due.EDIT if self.message else Due.POST), 0.0
        return (Due.EDIT_PROGRESS if self.message else Due.POST_PROGRESS), self._progress_since + _PROGRESS_AFTER

    def _due_part(self, part: Part) -> tuple[Due, float]:
        at = part.wanted.until if part.wanted else 0.0
        if self._has_room(part):
            return Due.EDIT, max(at, -math.inf if self.is_finished else self._edited_at + EDIT_INTERVAL)
        if self.message and self._shown.progress:
            return Due.EDIT, at  # the message that is left behind is no longer at work
        return Due.POST, at

    def _has_room(self, part: Part) -> bool:
        """Tell whether the open message can take a part; one that shows no text yet takes any."""
        if not self.message:
            return False
        return not self._open.text or (not part.is_new and units(self._open.text) + 1 + part.units <= MAX_TEXT)

    @property
    def wanted(self) -> Wanted | None:
        """The error that the next part is to link to."""
        return self._parts[0].wanted if self._parts else None

    def link(self, address: str) -> None:
        """Have the next part go without waiting any longer, with a link; an empty address is none."""
        self._parts[0].wanted, self._parts[0].link = None, address

    # -- what is taken ---------------------------------------------------------------------------------------------

    def take_post(self, redact: Callable[[str], str], *, files: bool) -> Draft:
        """Return the message that is to be posted.

        Args:
            redact: takes secrets out of progress notes.
            files: whether files can be shared.
        """
        if self.draft is None:
            self.message, self._open, self._shown = "", Content(), Content()
            if self._rest:
                text, receipts = self._rest.popleft()
                self._unseen += receipts
                self._open = Content(text)
            elif self._parts:
                is_new = self._parts[0].is_new
                self._fill(self._parts.popleft(), files=files)
                while self._can_follow(is_new=is_new):
                    self._fill(self._parts.popleft(), files=files)
            else:
                self._open = Content(progress=self._line(redact))
            self.draft = Draft(self._open)
        return self.draft

    def take_edit(self, redact: Callable[[str], str], *, files: bool) -> Content:
        """Return what the open message is to show from now on. See `take_post`."""
        if not self._must_edit:
            while self._parts and not self._parts[0].wanted and not self._rest and self._has_room(self._parts[0]):
                self._fill(self._parts.popleft(), files=files)
        is_left = bool(self._parts or self._rest)  # then progress is shown in the message that follows
        self._open = self._open._replace(progress="" if is_left else self._line(redact))
        return self._open

    def _can_follow(self, *, is_new: bool) -> bool:
        """Tell whether the next part can go into the message that is about to be posted."""
        if not self._parts or self._rest or self._parts[0].wanted or self._parts[0].is_new != is_new:
            return False
        return units(self._open.text) + 1 + self._parts[0].units <= MAX_TEXT

    def _fill(self, part: Part, *, files: bool) -> None:
        """Put a part into the message at hand; what does not fit goes into a file or further messages."""
        text, attached = part.text(), part.files
        self._unseen += part.receipts
        if units(text) > MAX_TEXT and files:
            text, whole = reply.beginning(text), text
            name = file_name(f"{self.heard.call.name or 'reply'}-{os.urandom(4).hex()}.txt")
            attached = (File(name, whole.encode("utf-8", "replace"), whole, text), *attached)
            for receipt in part.receipts:
                receipt.left += 1
        elif units(text) > MAX_TEXT:
            text = self._divide(text, part.receipts)
        joined = f"{self._open.text}\n{text}" if self._open.text else text
        self._open = Content(joined, link=part.link or self._open.link)
        self._promised.extend((self._named(file), part.receipts) for file in attached)

    def _divide(self, text: str, receipts: tuple[Receipt, ...]) -> str:
        """Return the text of the first of a few messages, and have the others follow."""
        first, *others = reply.messages(text)
        self._rest.extend((other, receipts) for other in others)
        for receipt in receipts:
            receipt.left += len(others)
        return first

    def _named(self, file: File) -> File:
        """Return a file under a name that no other in the thread has: by that it is found after a lost answer."""
        name, number = file.name, 1
        while name in self._names:
            number += 1
            stem, dot, ending = file.name.rpartition(".")
            name = f"{stem}-{number}.{ending}" if dot and stem else f"{file.name}-{number}"
        self._names.add(name)
        return replace(file, name=name)

    def _line(self, redact: Callable[[str], str]) -> str:
        """Return the line of the newest progress."""
        self._progress_is_news = False
        if self._progress is None:
            return ""
        done, total, note = self._progress
        return progress_line(done, total, redact(shorten(f"{note}", _MAX_NOTE)))

    # -- what came of it -------------------------------------------------------------------------------------------

    def posted(self, ts: str, now: float) -> None:
        """Take in that Slack has the draft."""
        if self.draft:
            self.message, self.draft = ts, None
            self.edited(self._open, now)

    def edited(self, content: Content, now: float) -> None:
        """Take in that the open message shows this."""
        self._shown, self._edited_at, self.since = content, now, now
        unseen, self._unseen = self._unseen, []
        for receipt in unseen:
            receipt.message = receipt.message or self.message
            receipt.landed()
        self.files.extend(self._promised)
        self._promised.clear()

    def reopen(self) -> None:
        """Take in that the open message can be edited no more: what it does not show goes into another."""
        missing = self._open.text
        if missing.startswith(self._shown.text):
            missing = missing[len(self._shown.text) :].lstrip("\n")
        self.message, self._shown = "", Content()
        self._open = Content(missing, link=self._open.link) if missing else Content()
        if missing:
            self.draft = Draft(self._open)

    def shared(self) -> None:
        """Take in that Slack has the first of the files."""
        for receipt in self.files.popleft()[1]:
            receipt.landed()

    def not_shared(self, error: DeliveryError) -> bool:
        """Take in that Slack will not have the first of the files; tell whether it is lost.

        What is a long text's goes into messages instead.
        """
        file, receipts = self.files.popleft()
        if not file.whole:
            for receipt in receipts:
                receipt.settle(error)
            return True
        place = len(self._rest)
        first = self._divide(file.whole, receipts)
        if file.shown in self._open.text:
            before, _, after = self._open.text.partition(file.shown)
            self._open = self._open._replace(text=before + first)
            if after := after.strip("\n"):
                self._rest.append((after, ()))
        else:
            self._rest.insert(place, (first, ()))  # its message can be edited no more
        for receipt in receipts:
            receipt.landed()
        return False

    def give_up(self, error: DeliveryError) -> bool:
        """Drop all that is owed; tell whether that was more than progress."""
        is_loss = bool(self._parts or self._rest or self.files or self._must_edit or (self.draft and self._open.text))
        receipts = [*self._unseen, *(receipt for part in self._parts for receipt in part.receipts)]
        for _, others in (*self._rest, *self.files, *self._promised):
            receipts += others
        for receipt in receipts:
            receipt.settle(error)
        for owed in (self._parts, self._rest, self.files, self._promised, self._unseen):
            owed.clear()
        self.draft, self._open = None, self._shown
        self._progress, self._progress_is_news = None, False
        return is_loss
