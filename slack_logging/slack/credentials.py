"""Where the token and the address of Slack come from, and what may be wrong with them. No I/O but for a token file.

No message holds the token, or what may be one.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from slack_logging.errors import ConfigurationError, Rejected

_WANTED = "the app's Bot User OAuth Token (xoxb-...)"

#: The token of Socket Mode. It has an environment variable of its own: ``SLACK_APP_TOKEN`` belongs to somebody's Bolt
#: app, and two programs on one app take each other's events. Source: Using Socket Mode, "Using multiple connections".
APP_TOKEN = "SLACK_LOGGING_APP_TOKEN"  # noqa: S105 - the name of a variable
_WANTED_FOR_SOCKETS = (
    "an app-level token (xapp-...) with connections:write, from Basic Information in the app's settings"
)

#: Where to put which token, for errors.
REMEDY = f"set token= or SLACK_BOT_TOKEN to {_WANTED}"

#: The same on the command line, which takes no token: others on the machine could see it.
REMEDY_BY_ENVIRONMENT = f"set SLACK_BOT_TOKEN to {_WANTED}, or SLACK_BOT_TOKEN_FILE to a file that holds it"

DEFAULT_API_URL = "https://slack.com/api/"

_UNKNOWN = "Slack does not know the token from {origin}: is it revoked, or another workspace's?"
_LOCAL = " A Slack on this machine takes only its own, which slack-logging local prints"
_GONE = "the token from {origin} was revoked or has expired, or its app was removed: install that, use its new token"
_KIND = "the token from {origin} is none of a bot: it must be " + _WANTED
_WRONG_APP_TOKEN = "the token from {origin} opens no connection: it must be " + _WANTED_FOR_SOCKETS
_ASK = "ask those who administer the workspace"

#: Codes that say that the token is no good (any more), and what to do.
BAD_TOKEN = {
    "invalid_auth": _UNKNOWN,
    **dict.fromkeys(("not_authed", "not_allowed_token_type"), _KIND),
    **dict.fromkeys(("account_inactive", "token_revoked", "token_expired", "user_removed_from_team"), _GONE),
    **dict.fromkeys(("team_disabled", "org_login_required", "two_factor_setup_required"), _ASK),
}


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it is from.

    Attributes:
        value: the token.
        origin: such as ``"SLACK_BOT_TOKEN"``.
    """

    value: str = field(repr=False)
    origin: str

    def refused(self, code: str, url: str) -> str:
        """Return why Slack may not take it and what to do.

        Args:
            code: one of `BAD_TOKEN`.
            url: of the Web API.
        """
        if self.value.startswith("xoxp-"):
            return f"{self.origin} holds a person's token, xoxp-...: it must be {_WANTED}"
        local = _LOCAL if code == "invalid_auth" and is_loopback(url) else ""
        said = _WRONG_APP_TOKEN if self.is_app_token and BAD_TOKEN[code] == _KIND else BAD_TOKEN[code]
        return said.format(origin=self.origin) + local

    @property
    def is_app_token(self) -> bool:
        """Tell whether it is for Socket Mode."""
        return self.value.startswith("xapp-")


def checked(token: str) -> str:
    """Return a token that is given as ``token=``, if it may be one.

    Raises:
        ConfigurationError: it is certainly none.
    """
    if flaw := _flaw(token):
        raise ConfigurationError(f"token= {flaw}")
    return token


def checked_app_token(token: str) -> str:
    """Return a token that is given as ``app_token=``, if it may be one. Raises as `checked`."""
    if flaw := _flaw_of_app_token(token):
        raise ConfigurationError(f"app_token= {flaw}")
    return token


def find_token(configured: str | None = None, *, remedy: str = REMEDY) -> Token:
    """Return the token: as configured, else ``SLACK_BOT_TOKEN``, else what ``SLACK_BOT_TOKEN_FILE`` holds now.

    Args:
        configured: as ``token=``, if it is.
        remedy: what to do where there is none.

    Raises:
        Rejected: there is none, or it can be none; a wrong token is a wrong world, not a wrong configuration.
    """
    path = os.environ.get("SLACK_BOT_TOKEN_FILE", "")
    if configured:
        token = Token(configured.strip(), "token=")
    elif environ := os.environ.get("SLACK_BOT_TOKEN", "").strip():
        token = Token(environ, "SLACK_BOT_TOKEN")
    elif path:
        token = _read(path)
    else:
        raise Rejected("auth.test", "not_authed", f"no token: {remedy}")
    if flaw := _flaw(token.value):
        code = "not_allowed_token_type" if token.value.startswith("xapp-") else "invalid_auth"
        raise Rejected("auth.test", code, f"{token.origin} {flaw}")
    return token


def find_app_token(configured: str | None = None) -> Token | None:
    """Return the token of Socket Mode: as configured, else ``SLACK_LOGGING_APP_TOKEN``; None where there is none.

    Raises:
        Rejected: it can be none.
    """
    value = configured or os.environ.get(APP_TOKEN, "").strip()
    if not value:
        return None
    token = Token(value, "app_token=" if configured else APP_TOKEN)
    if flaw := _flaw_of_app_token(value):
        raise Rejected("apps.connections.open", "not_allowed_token_type", f"{token.origin} {flaw}")
    return token


def bot_token(configured: str | None = None) -> str:
    """Return `find_token`'s value."""
    return find_token(configured).value


def _read(path: str) -> Token:
    if re.search(r"xox[a-z]-|xapp-", path):
        problem = "SLACK_BOT_TOKEN_FILE holds a token: set SLACK_BOT_TOKEN to it, or this to the path of a file"
        raise Rejected("auth.test", "not_authed", problem)
    origin = f"SLACK_BOT_TOKEN_FILE={path}"
    try:
        with open(path, encoding="utf-8") as file:
            token = file.read().strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise Rejected("auth.test", "not_authed", f"{origin} cannot be read: {why}") from None
    if not token:
        raise Rejected("auth.test", "not_authed", f"{origin} is empty: put {_WANTED} into it")
    return Token(token, origin)


def _flaw(token: str) -> str:
    """Return why this is no bot token, whoever looks at it; empty where only Slack can tell."""
    if flaw := _misspelt(token):
        return flaw
    if re.match(r"xox[a-df-z]-.|xoxe\.xox.-.", token):
        return ""
    return f"holds {_kind(token)}: it must be {_WANTED}"


def _flaw_of_app_token(token: str) -> str:
    """Return why this is no app-level token; empty where only Slack can tell."""
    if flaw := _misspelt(token):
        return flaw
    return "" if token.startswith("xapp-") else f"holds {_kind(token)}: it must be {_WANTED_FOR_SOCKETS}"


def _misspelt(token: str) -> str:
    if token[:1] in ("'", '"') or token[-1:] in ("'", '"'):
        return "is in quotation marks, which docker --env-file keeps: leave them out"
    if not re.fullmatch(r"[!-~]+", token):
        return "holds a line break, a blank or another sign that no token has: it must be one, alone"
    return ""


def _kind(token: str) -> str:
    kinds = {
        "xapp-": "an app-level token, xapp-...",
        "xoxe-": "a refresh token, xoxe-...",
        "xoxb-": "a bot's token, xoxb-...",
        "xoxp-": "a person's token, xoxp-...",
    }
    return next((kind for start, kind in kinds.items() if token.startswith(start)), "no token of Slack's")


def api_url(configured: str | None = None) -> str:
    """Return where the Web API is: as configured, else ``SLACK_API_URL``, else Slack's own.

    Raises:
        Rejected: what the environment says is no address, or not a Web API's.
    """
    url = configured or os.environ.get("SLACK_API_URL") or DEFAULT_API_URL
    wrong = ""
    if not url.startswith(("http://", "https://")):
        wrong = "no address"
    elif not configured and not url.endswith(("/api/", "/api")):
        wrong = "no Web API's address"
    if wrong:
        shown = wrong if re.search(r"xox|xapp-|@", url) else f"{wrong}, {url[:100]!r}"  # a token, a password
        expected = "one begins with https://, or on this machine with http://, and ends in /api/"
        raise Rejected("auth.test", "no_such_host", f"SLACK_API_URL is {shown}: {expected}")
    return url if url.endswith("/") else url + "/"


def is_loopback(url: str) -> bool:
    """Tell whether a Web API is on this machine."""
    return re.match(r"(?i)https?://(localhost|127\.[\d.]+|\[::1\])(:\d+)?/", url) is not None
