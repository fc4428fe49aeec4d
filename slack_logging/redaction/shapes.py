"""Secrets known by their look: tokens with a prefix, private keys, webhooks' addresses, passwords in addresses.

A shape is an opening, which stays and tells the reader what stood there, and the secret behind it, which goes. What
is known by its name instead (``password=...``) is in `slack_logging.redaction.named`; replacing is
`slack_logging.redaction.redactor`'s work.

Redaction reads what strangers wrote, and one call of `re` stops every other thread. Therefore:

- an opening with all that it looks at is at most `REACH` characters, and so can be searched for piece by piece;
- a secret of any length is taken in runs of at most `RUN` steps, one call each;
- nothing that repeats holds a part that repeats, so that no pattern can be made to try again and again.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

#: What stands in a secret's place. No shape begins in it, so redacting twice changes nothing.
MARKER = "[redacted]"

#: Characters that an opening may look at, lookaheads included; ours: the longest is a JWT's header.
REACH = 2048

#: Steps that one call of `re` may take in a secret; ours: a fraction of a millisecond.
RUN = 4096

#: Gives other threads the interpreter now and then; called again and again in a long text.
Pause: TypeAlias = Callable[[], object]

_MARKER = re.escape(MARKER)


@dataclass(frozen=True, slots=True)
class Shape:
    """One look of secrets.

    Attributes:
        triggers: texts without one of which the shape is not looked for: the cheap look before the search.
        pattern: of what comes before the secret; compiled when it is first looked for, which most processes never do.
        locate: given the text, the opening's match and a pause, returns where the secret begins and ends; both are
            one where there is none.
        any_case: triggers and opening are in lower case, and so is what they are searched in.
    """

    triggers: tuple[str, ...]
    pattern: str
    locate: Callable[[str, re.Match[str], Pause], tuple[int, int]]
    any_case: bool = False

    @property
    def opening(self) -> re.Pattern[str]:
        """What comes before the secret."""
        return compiled(self.pattern)


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern of ours, compiled once."""
    return re.compile(pattern)


def end_of_run(run: re.Pattern[str], text: str, start: int, pause: Pause) -> int:
    """Return where what `run` matches ends, at most `RUN` steps at a time."""
    end = start
    while found := run.match(text, end):
        begin, end = found.span()
        if end - begin < RUN and not text.startswith(MARKER, end):
            break  # each step takes a character, so this was the last
        pause()
    return end


def _run_of(characters: str) -> Callable[[str, re.Match[str], Pause], tuple[int, int]]:
    """Return a `Shape.locate` for a secret made of these characters; a part of it may be hidden already."""
    run = f"(?:{_MARKER})?{characters}{{1,{RUN}}}|{_MARKER}"

    def locate(text: str, opening: re.Match[str], pause: Pause) -> tuple[int, int]:
        return opening.end(), end_of_run(compiled(run), text, opening.end(), pause)

    return locate


def _at_word_start(trigger: str) -> str:
    r"""Return the trigger as a pattern, not within a word; an escape (`\n`, `%3D`, `\u003d`, a colour) is no word."""
    here = re.escape(trigger)
    escapes = (r"\\[nrt]", r"%[0-9A-Fa-f]{2}", r"\\u[0-9a-fA-F]{4}", r"[0-9;\[]m")
    return f"{here}(?:(?<![A-Za-z0-9-]{here})|{'|'.join(f'(?<={escape}{here})' for escape in escapes)})"


def _token(trigger: str, then: str, characters: str = "[A-Za-z0-9_-]", *, word: bool = False) -> Shape:
    """Return the shape of a token: its prefix, what must follow for it to be one, and what it is made of."""
    prefix = _at_word_start(trigger) if word else re.escape(trigger)
    return Shape((trigger,), f"{prefix}{then}", _run_of(characters))


def _tokens(triggers: Iterable[str], opening: str, characters: str = "[A-Za-z0-9_-]") -> Shape:
    """Return the shape of several tokens that look alike: one is looked for in less time than many."""
    return Shape(tuple(triggers), opening, _run_of(characters))


def _password(text: str, opening: re.Match[str], _pause: Pause) -> tuple[int, int]:
    """Find the password in ``scheme://user:password@host``: up to the last sign that could end it."""
    found = _URL_PASSWORD.match(text, opening.end())
    return opening.end(), found.end() if found else opening.end()


#: What may stand in a PEM block, also in an address, with line feeds escaped, its lines quoted, behind the bars of an
#: exception group, or with the headers of PGP; five dashes end it.
_PEM = rf"(?:[A-Za-z0-9+/=%\s\\:,\"'|.()_]|-(?!----)|{_MARKER})"

# Each `//` ends it, so that what all openings of a text look at is together no longer than the text.
# A quote or an angle bracket ends it where what follows could be outside of it.
_URL_PASSWORD = re.compile(r"(?:[^\s\"'<>`/]|/(?!/)|[\"'<>`](?![\s\"'`<>,;:.&|)\]}\\/]|$)){1,1500}(?=@)")

_WORD, _BLANKS = r"[^\s\\]{1,128}", r"(?:\s|\\n){1,40}"
_SLASH = r"(?:/|\\/|%2[Ff])"
_PATH = r"[A-Za-z0-9_%/\\-]"

#: By vendor. The lengths are shorter than the vendors', so that a token that was cut is still one.
SHAPES: tuple[Shape, ...] = (
    Shape(
        ("-----BEGIN",),
        r"-----BEGIN[A-Z0-9 +%]{1,48}PRIVATE(?: |\+|%20)KEY(?:[A-Z0-9 +%]{6,8})?-----",
        _run_of(_PEM),
    ),
    # a token in a user's place: `https://4f9c...@sentry.io/1`; a user's name is shorter, or has no digit. Before the
    # next, for what stands in the password's place may be nothing, or what says that there is none
    Shape(
        ("://",),
        r"://(?=[A-Za-z0-9_-]{16,256}(?::(?:x-oauth-basic|x-token-auth)?)?@)(?=[A-Za-z_-]{0,256}[0-9])",
        _run_of("[A-Za-z0-9_-]"),
    ),
    Shape(
        ("://",),
        # a number is a port; what begins with a slash is a path's, what is in braces a template's
        rf"://[^\s/?#:@\[\"'<>`]{{0,128}}:(?!\d{{1,5}}(?:[/?#\s\"',)<>|`\]}}]|$)|/|\{{[^}}\s@]{{0,64}}\}}(?:[/?#\s\"',)]|$))(?={_URL_PASSWORD.pattern})",
        _password,
    ),
    # Slack: tokens, and addresses that post for whoever knows them
    _token("xox", r"[a-z](?:\.xox[a-z])?-(?=[A-Za-z0-9%-]{8})", "[A-Za-z0-9%_-]"),
    _token("xapp-", r"(?=[A-Za-z0-9-]{8})"),
    _token("xwfp-", r"(?=[A-Za-z0-9-]{8})"),
    _token("hooks.slack", rf"(?:-gov)?\.com{_SLASH}(?:services|workflows|triggers){_SLASH}(?={_PATH}{{8}})", _PATH),
    # other chats' webhooks; Mattermost's ids have 26 characters
    _token("/api/webhooks/", r"(?=\d{6})", _PATH),
    _token("/hooks/", r"(?=[a-z0-9]{26}(?![A-Za-z0-9_-]))", "[a-z0-9]"),
    _token("webhook.office.com", rf"{_SLASH}webhookb2{_SLASH}(?={_PATH}{{8}})", "[A-Za-z0-9_%/@\\\\-]"),
    _token("/bot", r"\d{6,12}:(?=[A-Za-z0-9_-]{16})"),
    # AWS; between two slashes as well: in base64, such as an image's, nothing so long looks like it by chance
    *(_token(prefix, r"(?=[A-Z2-7]{16}(?![A-Za-z0-9]))", "[A-Z2-7]", word=True) for prefix in ("AKIA", "ASIA")),
    # GitHub, GitLab
    _tokens((f"gh{kind}_" for kind in "pousr"), r"gh[pousr]_(?=[A-Za-z0-9]{16})"),
    _tokens(
        (f"gl{kind}-" for kind in ("pat", "dt", "rt", "ptt", "cbt")),
        r"gl(?:pat|dt|rt|ptt|cbt)-(?=[A-Za-z0-9_-]{16})",
        "[A-Za-z0-9_.-]",
    ),
    # GitHub, Docker
    _tokens(("_pat_",), r"(?:github|dckr)_pat_(?=[A-Za-z0-9_-]{16})"),
    # Figma, Linear, Brevo, Atlassian
    _token("figd_", r"(?=[A-Za-z0-9_-]{30})"),
    _token("lin_api_", r"(?=[A-Za-z0-9]{30})"),
    _token("xkeysib-", r"(?=[0-9a-f]{32})", "[A-Za-z0-9-]"),
    _token("ATATT3", r"(?=[A-Za-z0-9_=-]{40})", "[A-Za-z0-9%_=-]", word=True),
    # Google
    _token("AIza", r"(?=[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-]))", word=True),
    _token("ya29.", r"(?=[A-Za-z0-9_-]{16})", "[A-Za-z0-9_.-]", word=True),
    _token("GOCSPX-", r"(?=[A-Za-z0-9_-]{16})"),
    # Stripe
    _tokens(("k_live_", "k_test_"), r"[sr]k_(?:live|test)_(?=[A-Za-z0-9]{10})"),
    _token("whsec_", r"(?=[A-Za-z0-9+/]{16})", "[A-Za-z0-9+/=]"),
    # models; `sk-` and `hf_` are so short that base64 for addresses, which has `_`, holds them behind one by chance
    _token(
        "sk-",
        r"(?:(?:proj|svcacct|admin|ant|lf|or)-(?=[A-Za-z0-9_-]{16})|(?<!_sk-)(?=[A-Za-z0-9]{20}))",
        word=True,
    ),
    _token("hf_", r"(?<!_hf_)(?=[A-Za-z0-9]{30})", word=True),
    _token("gsk_", r"(?<!_gsk_)(?=[A-Za-z0-9]{40})", word=True),
    # packages
    _token("npm_", r"(?=[A-Za-z0-9]{30})"),
    _token("pypi-", r"(?=Ag[A-Za-z0-9_-]{16})"),
    # mail, telephony, shops, clouds, vaults
    _token("SG.", r"(?=[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16})", "[A-Za-z0-9_.-]", word=True),
    _token("SK", r"(?=[0-9a-f]{32}(?![A-Za-z0-9]))", "[0-9a-f]", word=True),
    _token("dapi", r"(?=[0-9a-f]{32}(?![A-Za-z0-9]))", "[0-9a-f]", word=True),
    _token("shp", r"(?:at|ca|pa|ss)_(?=[0-9a-fA-F]{30})"),
    _token("dop_v1_", r"(?=[0-9a-f]{30})"),
    _token("hvs.", r"(?=[A-Za-z0-9_-]{20})", word=True),
    _token("glsa_", r"(?=[A-Za-z0-9]{30})"),
    _token("AGE-SECRET-KEY-1", r"(?=[0-9A-Z]{16})"),
    # a JWT is header.payload.signature, and its header JSON: all begin alike
    _token(
        "eyJ",
        r"(?=[A-Za-z0-9_-]{8,1500}\.(?:\.|[A-Za-z0-9_-]{8}))",
        "[A-Za-z0-9_.=-]",
        word=True,
    ),
    # what a .netrc says, on one line or several
    Shape(
        ("machine ",),
        rf"machine {_WORD}{_BLANKS}login{_BLANKS}{_WORD}{_BLANKS}password{_BLANKS}(?=[^\s\\\"'])",
        _run_of(r"[^\s\\\"']"),
    ),
    # what a header says, without the header
    Shape(
        ("basic ",),
        r"basic {1,4}(?=[a-z0-9+/]{8,512}={1,2}(?![a-z0-9])|[a-z0-9+/]{0,256}[0-9][a-z0-9+/]{12})",
        _run_of("[A-Za-z0-9+/=]"),
        any_case=True,
    ),
    Shape(
        ("bearer ",),
        r"bearer {1,4}(?=[a-z0-9._~+/=-]{16})(?=[a-z._~+/=-]{0,64}[0-9])",
        _run_of("[A-Za-z0-9._~+/=%-]"),
        any_case=True,
    ),
)
