"""Where the token and the address of Slack come from. No I/O but for reading a token file."""

from __future__ import annotations

import os
import re

from slack_logging.errors import Rejected

#: Where to put which token, for errors.
REMEDY = "set token= or SLACK_BOT_TOKEN to the app's Bot User OAuth Token (xoxb-...)"

DEFAULT_API_URL = "https://slack.com/api/"

#: Codes that say that the token is no good (any more).
BAD_TOKEN = frozenset(
    "not_authed invalid_auth account_inactive token_revoked token_expired not_allowed_token_type "
    "user_removed_from_team team_disabled org_login_required two_factor_setup_required".split()
)


def bot_token(configured: str | None = None) -> str:
    """Return the token: as configured, else ``SLACK_BOT_TOKEN``, else what ``SLACK_BOT_TOKEN_FILE`` holds now.

    Raises:
        Rejected: there is none, or it can be none; a wrong token is a wrong world, not a wrong configuration.
    """
    token = configured or os.environ.get("SLACK_BOT_TOKEN", "")
    path = os.environ.get("SLACK_BOT_TOKEN_FILE", "")
    if not token and path:
        try:
            with open(path, encoding="utf-8") as file:
                token = file.read()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            problem = f"the file that SLACK_BOT_TOKEN_FILE names cannot be read: {why}"  # the name may be a token
            raise Rejected("auth.test", "not_authed", problem) from None
        if not token.strip():
            raise Rejected("auth.test", "not_authed", "the file that SLACK_BOT_TOKEN_FILE names is empty")
    token = token.strip()
    if not re.fullmatch(r"[!-~]*", token):
        raise Rejected(
            "auth.test",
            "invalid_auth",
            "the token holds a line break, a blank or another sign that no token has: check that it is one, alone",
        )
    if not token:
        raise Rejected("auth.test", "not_authed", f"no token: {REMEDY}")
    if token.startswith("xapp-"):
        raise Rejected("auth.test", "not_allowed_token_type", f"this is an app-level token, xapp-...: {REMEDY}")
    return token


def api_url(configured: str | None = None) -> str:
    """Return where the Web API is: as configured, else ``SLACK_API_URL``, else Slack's own.

    Raises:
        Rejected: what the environment says is no address.
    """
    url = configured or os.environ.get("SLACK_API_URL") or DEFAULT_API_URL
    if not url.startswith(("http://", "https://")):
        raise Rejected("auth.test", "no_such_host", "SLACK_API_URL is no address: one begins with https://")
    return url if url.endswith("/") else url + "/"
