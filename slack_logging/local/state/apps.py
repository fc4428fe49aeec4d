"""The apps installed in the workspace: their bot users, their tokens, and what they listen to.

Source: Tokens; Socket Mode; Events API.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from slack_logging.local.state.model import User
from slack_logging.local.state.workspace import Workspace

#: What every token here begins with, so that a real one is never taken for good.
BOT_TOKEN_PREFIX = "xoxb-test-"  # noqa: S105
APP_TOKEN_PREFIX = "xapp-test-"  # noqa: S105

#: Names of this machine: nothing is ever sent elsewhere.
LOOPBACK = ("127.0.0.1", "localhost", "::1")

#: An app's scopes unless others are given: all that anything here asks for, so that whoever tries a program here has an
#: app for whatever it does.
DEFAULT_SCOPES = frozenset(
    "app_mentions:read bookmarks:read bookmarks:write channels:history channels:join channels:manage "
    "channels:read channels:write.invites chat:write chat:write.customize chat:write.public emoji:read files:read "
    "files:write groups:history groups:read groups:write groups:write.invites im:history im:read im:write "
    "mpim:read mpim:write pins:read pins:write reactions:read reactions:write team:read usergroups:read "
    "users.profile:read users:read users:read.email".split()
)

#: What an app's manifest may ask for besides, and has no effect here. Source: Scopes.
OTHER_SCOPES = frozenset(
    "assistant:write calls:read calls:write canvases:read canvases:write channels:write.topic commands "
    "conversations.connect:manage conversations.connect:read conversations.connect:write dnd:read groups:write.topic "
    "im:write.topic incoming-webhook links.embed:write links:read links:write lists:read lists:write "
    "metadata.message:read mpim:history mpim:write.topic reminders:read reminders:write remote_files:read "
    "remote_files:share remote_files:write search:read.files search:read.public search:read.users team.billing:read "
    "team.preferences:read triggers:read triggers:write usergroups:write users:write workflow.steps:execute".split()
)


@dataclass(frozen=True, slots=True)
class Token:
    """What a token stands for: an app, and what it may do in its name."""

    app: App
    scopes: frozenset[str]
    is_app_level: bool = False
    is_revoked: bool = False


class App:
    """An app of the workspace. Its methods may be called from any thread.

    Attributes:
        bot: its bot user.
        scopes: of its bot token. An event is delivered only where they allow it.
        events: the names of the events that it subscribed to, such as ``message.channels``; None for all.
        commands: its slash commands, such as ``/deploy``; None for all that no other app has.
        socket_mode: False once it is switched off: then no connection is given out.
        bot_token: a bot token with `scopes`.
        app_token: an app-level token with ``connections:write``.
        signing_secret: what the signature of a push is made with.
    """

    def __init__(
        self,
        apps: Apps,
        bot: User,
        *,
        scopes: frozenset[str],
        events: frozenset[str] | None,
        commands: frozenset[str] | None,
    ) -> None:
        self._apps = apps
        self.bot = bot
        self.scopes = scopes
        self.events = events
        self.commands = commands
        self.socket_mode = True
        self._request_url: str | None = None
        # The id is for names that cannot stand in a header or might be another app's id or a number of `token`.
        mark = bot.name if re.fullmatch("[a-z][a-z0-9-]*", bot.name) else self.id
        self.bot_token = apps.issue(self, scopes, f"{BOT_TOKEN_PREFIX}{mark}")
        self.app_token = apps.issue(self, frozenset({"connections:write"}), f"{APP_TOKEN_PREFIX}{mark}")
        self.signing_secret = f"test-signing-secret-{mark}"
        self.verification_token = f"test-verification-{mark}"

    @property
    def request_url(self) -> str | None:
        """Where events, commands and clicks are pushed over HTTP instead of Socket Mode, on this machine only.

        Raises:
            ValueError: on assignment, for an address elsewhere or none.
        """
        return self._request_url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        check_request_url(url)
        self._request_url = url

    @property
    def id(self) -> str:
        """The app's id, ``A...``."""
        return str(self.bot.app_id)

    @property
    def name(self) -> str:
        """The bot user's name."""
        return self.bot.name

    @property
    def bot_user_id(self) -> str:
        """The bot user's id, ``U...``."""
        return self.bot.id

    @property
    def bot_id(self) -> str:
        """The bot's own id, ``B...``, which its messages carry."""
        return str(self.bot.bot_id)

    def token(self, *scopes: str) -> str:
        """Return a new bot token with only these scopes.

        Raises:
            TypeError: something else than their names, one by one.
        """
        if wrong := [scope for scope in scopes if not isinstance(scope, str)]:
            raise TypeError(f'give scopes one by one, such as token("chat:write", "files:write"); got {wrong[0]!r}')
        return self._apps.issue(self, frozenset(scopes))

    def revoke(self, token: str) -> None:
        """Have Slack answer ``token_revoked`` to a token from now on."""
        self._apps.revoke(token)

    def __repr__(self) -> str:
        return f"<App {self.name} {self.id}>"


class Apps:
    """All apps and tokens of a workspace; what changes here changes under the workspace's lock.

    Args:
        workspace: where they are installed.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.installed: dict[str, App] = {}
        self.tokens: dict[str, Token] = {}

    def install(
        self,
        bot: User,
        *,
        scopes: Iterable[str] | None = None,
        events: Iterable[str] | None = None,
        commands: Iterable[str] | None = (),
    ) -> App:
        """Install the app of a bot user. See `App`; `scopes` None stands for `DEFAULT_SCOPES`."""
        app = App(
            self,
            bot,
            scopes=DEFAULT_SCOPES if scopes is None else frozenset(scopes),
            events=None if events is None else frozenset(events),
            commands=None if commands is None else frozenset(commands),
        )
        with self._workspace.lock:
            self.installed[app.id] = app
        return app

    def issue(self, app: App, scopes: frozenset[str], token: str | None = None) -> str:
        """Return a new token."""
        with self._workspace.lock:
            token = token or f"{BOT_TOKEN_PREFIX}{len(self.tokens)}"
            self.tokens[token] = Token(app, scopes, is_app_level=token.startswith(APP_TOKEN_PREFIX))
            return token

    def revoke(self, token: str) -> None:
        """Mark a token as revoked. Raises LookupError for one that was never given out."""
        with self._workspace.lock:
            if token not in self.tokens:
                raise LookupError("no such token was given out here")
            known = self.tokens[token]
            self.tokens[token] = Token(known.app, known.scopes, known.is_app_level, is_revoked=True)

    def for_command(self, command: str) -> App | None:
        """Return the app that answers a slash command: the newest that names it, else one that takes all.

        That of several the one installed last gets it is how Slack resolves it. Source: Slash commands.
        """
        apps = list(self.installed.values())[::-1]
        named = [app for app in apps if app.commands is not None and command in app.commands]
        return next(iter([*named, *(app for app in apps if app.commands is None)]), None)


def check_request_url(url: str | None) -> None:
    """Refuse an address elsewhere, or none.

    Raises:
        ValueError: it is not on this machine.
    """
    if url is not None and not is_on_this_machine(url):
        raise ValueError(f"request_url is {url!r}: give one on this machine, such as http://127.0.0.1:3000/events")


def is_on_this_machine(url: str) -> bool:
    """Tell whether a URL leads to a server on this machine."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.hostname in LOOPBACK and port != 0
