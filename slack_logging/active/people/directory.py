"""Asks Slack who somebody is, and remembers it for a while."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from slack_logging import notices
from slack_logging.active.people.access import Person
from slack_logging.clock import Clock
from slack_logging.errors import Rejected, Unreachable

if TYPE_CHECKING:
    from slack_logging.slack.client import SlackClient

#: Seconds for which an answer counts. A person taken off a group can run commands for this long;
#: usergroups.users.list allows 20 calls a minute. Source: Rate limits, tier 2.
TTL = 60.0

#: Seconds to wait for an answer before a decision fails.
_PATIENCE = 10.0

#: Seconds for which a user group that there was no answer about is not asked about again: a crowd that is not on the
#: list would hold up everybody else's commands while Slack is slow.
_PAUSE = 10.0


class Directory:
    """Users and the members of user groups, cached for `TTL` seconds. Safe to use from any thread.

    Args:
        client: asks Slack.
        team_id: our own workspace.
        enterprise_id: the enterprise that it belongs to; empty without one.
        groups: ids of the user groups that matter.
        clock: what the cache ages on.
    """

    def __init__(
        self, client: SlackClient, team_id: str, groups: Collection[str], clock: Clock, *, enterprise_id: str = ""
    ) -> None:
        self._client = client
        self._team_id = team_id
        self._enterprise_id = enterprise_id
        self._groups = sorted(groups)
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}
        self._unanswered: dict[str, tuple[float, Unreachable]] = {}

    def person(self, id_: str, *, groups: bool = True) -> Person | None:
        """Return what Slack says about a user; None when it does not know or does not tell. May block for seconds.

        Args:
            id_: of a user, or of a bot that has none.
            groups: whether to look which user groups they are in.

        Raises:
            Unreachable, RateLimited: nothing is known right now; ask again later.
        """
        if id_.startswith("B"):  # a bot without a user: only its being named counts
            return Person(id_, self._team_id, is_bot=True)
        user = self._ask("users.info", "user", id_).get("user")
        if not user:
            return None
        return Person(
            id=id_,
            team_id=self._team_id if self._is_ours(user) else str(user.get("team_id", "")),
            is_bot=bool(user.get("is_bot")) or id_ == "USLACKBOT",
            deleted=bool(user.get("deleted")),
            guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            groups=self.groups_of(id_) if groups else frozenset(),
            untold=self._untold() if groups else frozenset(),
            name=_name(user),
        )

    def _is_ours(self, user: Mapping[str, Any]) -> bool:
        """Tell whether somebody is of another workspace of our enterprise. Source: User object, "enterprise_user"."""
        enterprise_id = (user.get("enterprise_user") or {}).get("enterprise_id")
        return bool(enterprise_id) and enterprise_id == self._enterprise_id

    def groups_of(self, id_: str) -> frozenset[str]:
        """Return the user groups that somebody is in, of those that matter. Blocks and raises as `person`."""
        return frozenset(group for group in self._groups if id_ in self._members(group))

    def _members(self, group: str) -> list[str]:
        """Return a user group's members; nobody when Slack does not say."""
        now = self._clock.monotonic()
        failed_at, error = self._unanswered.get(group, (-_PAUSE, None))
        if error and now - failed_at < _PAUSE:
            raise error
        try:
            return self._ask("usergroups.users.list", "usergroup", group).get("users") or []
        except Unreachable as error:
            self._unanswered[group] = (self._clock.monotonic(), error)
            raise

    def _untold(self) -> frozenset[str]:
        """Return those user groups whose members Slack refused to tell the last time that it was asked."""
        with self._lock:
            found = {group: self._answers.get(("usergroups.users.list", group)) for group in self._groups}
        return frozenset(group for group, answer in found.items() if answer and not answer[1])

    def _ask(self, method: str, argument: str, id_: str) -> dict[str, Any]:
        """Return Slack's answer, at most `TTL` seconds old; a refusal is an empty one."""
        now = self._clock.monotonic()
        with self._lock:
            asked_at, answer = self._answers.get((method, id_), (-TTL, {}))
        if now - asked_at < TTL:
            return answer
        arguments: dict[str, Any] = {argument: id_}
        try:
            answer = self._client.deliver(method, timeout=_PATIENCE, **arguments)
            notices.clear(f"{method} {id_}")
        except Rejected as error:
            answer = {}
            notices.say(f"{method} {id_}", f"commands: cannot tell who {id_} is, so nothing is allowed by it: {error}")
        with self._lock:
            self._answers = {each: kept for each, kept in self._answers.items() if now - kept[0] < TTL}
            self._answers[method, id_] = (now, answer)
        return answer


def _name(user: Mapping[str, Any]) -> str:
    """Return what people call a user. Source: User object, "profile"."""
    profile = user.get("profile") or {}
    return str(profile.get("display_name") or profile.get("real_name") or user.get("name") or "")
