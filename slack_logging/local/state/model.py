"""People, bots, user groups and files of a workspace, as values: a change replaces the whole."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An organisation that workspaces can belong to."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can post: a person, or an app's bot user (then `bot_id` and `app_id` are set)."""

    id: str
    name: str
    team_id: str
    enterprise: Enterprise | None = None
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_deactivated: bool = False
    bot_id: str | None = None
    app_id: str | None = None
    is_workflow: bool = False
    updated: int = 0

    def is_stranger_to(self, other: User) -> bool:
        """Tell whether two people share neither workspace nor enterprise, and meet by Slack Connect only."""
        if self.team_id == other.team_id:
            return False
        return self.enterprise is None or self.enterprise != other.enterprise


@dataclass(frozen=True, slots=True)
class Integration:
    """A bot without a user: a classic one, or a webhook, then with its app's id."""

    bot_id: str
    name: str
    app_id: str | None = None
    updated: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """A user group. Disabled ones stay listed; `disabled_at` is in epoch seconds, 0 while enabled."""

    id: str
    handle: str
    users: tuple[str, ...]
    created: int
    updated: int
    disabled_at: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """Where a file can be seen: one message."""

    channel: str
    ts: str
    thread_ts: str | None
    is_private: bool


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file from the first upload step on; `content` is None until the bytes have come."""

    id: str
    name: str
    length: int
    user: str
    created: int
    title: str = ""
    snippet_type: str = ""
    content: bytes | None = field(default=None, repr=False)
    is_complete: bool = False
    shares: tuple[Share, ...] = ()
