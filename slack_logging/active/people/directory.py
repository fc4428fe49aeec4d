"""Asks Slack who somebody is, and remembers it for a while."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from slack_logging import notices
from slack_logging.active.people.access import Person
from slack_logging.clock import Clock
from slack_logging.errors import RateLimited, Rejected, Unreachable

if TYPE_CHECKING:
    from slack_logging.slack.client import SlackClient

#: Seconds for which an answer counts. A person taken off a group can run commands for this long.
TTL = 60.0

#: Seconds that a command's own thread waits for an answer before a decision fails.
PATIENCE = 10.0

#: Seconds for which whoever cannot wait does not ask again what there was no answer to: a crowd that is not on the list
#: would hold up everybody else's commands while Slack is slow.
_PAUSE = 10.0


class Directory:
    """Users and the members of user groups, cached for `TTL` seconds. Safe to use from any thread.

    One call tells the members of all groups: asked about one by one, those of a tier 2 method could be more than can
    be asked about before the first answer is old.

    Whoever asks says how many seconds they can wait for Slack's pace, and for it to answer after all. With 0, what
    others wait for meanwhile is one call, and what was not answered a moment ago is not asked again. With less, nothing
    is asked, and only what is known counts.

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
        self._unanswered: dict[tuple[str, str], float] = {}

    def person(self, id_: str, *, groups: bool = True, patience: float = PATIENCE) -> Person | None:
        """Return what Slack says about a user; None when it does not know or does not tell. May block for seconds.

        Args:
            id_: of a user, or of a bot that has none.
            groups: whether to look which user groups they are in.
            patience: seconds that the caller can wait.

        Raises:
            Unreachable, RateLimited: nothing is known right now; ask again later.
        """
        if id_.startswith("B"):  # a bot without a user: only its being named counts
            return Person(id_, self._team_id, is_bot=True)
        user = self._ask("users.info", id_, patience, user=id_).get("user")
        if not user:
            return None
        members = self._members(patience) if groups else {}
        return Person(
            id=id_,
            team_id=self._team_id if self._is_ours(user) else str(user.get("team_id", "")),
            is_bot=bool(user.get("is_bot")) or id_ == "USLACKBOT",
            deleted=bool(user.get("deleted")),
            guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            groups=frozenset(group for group, users in members.items() if id_ in users),
            untold=frozenset(self._groups) - members.keys() if groups else frozenset(),
            name=_name(user),
        )

    def _is_ours(self, user: Mapping[str, Any]) -> bool:
        """Tell whether somebody is of another workspace of our enterprise. Source: User object, "enterprise_user"."""
        enterprise_id = (user.get("enterprise_user") or {}).get("enterprise_id")
        return bool(enterprise_id) and enterprise_id == self._enterprise_id

    def groups_of(self, id_: str, *, patience: float = PATIENCE) -> frozenset[str]:
        """Return the user groups that somebody is in, of those that matter. Blocks and raises as `person`."""
        return frozenset(group for group, users in self._members(patience).items() if id_ in users)

    def _members(self, patience: float) -> dict[str, list[str]]:
        """Return the members of the user groups that matter, but for those groups that Slack does not tell of."""
        if not self._groups:
            return {}
        answer = self._ask("usergroups.list", "", patience, include_users=True)
        groups = [group for group in answer.get("usergroups") or () if not group.get("date_delete")]
        told = {group["id"]: group.get("users") or [] for group in groups}
        for group in self._groups if answer else ():
            if group in told:
                notices.clear(f"usergroups.list {group}")
            else:
                notices.say(
                    f"usergroups.list {group}",
                    f"commands: Slack tells of no user group {group}, so it lets nobody in: is it disabled?",
                )
        return {group: told[group] for group in self._groups if group in told}

    def _ask(self, method: str, id_: str, patience: float, **arguments: Any) -> dict[str, Any]:
        """Return Slack's answer, at most `TTL` seconds old; a refusal is an empty one."""
        key, now = (method, id_), self._clock.monotonic()
        with self._lock:
            asked_at, answer = self._answers.get(key, (-TTL, {}))
            again_at = self._unanswered.get(key, now)
        if now - asked_at < TTL:
            return answer
        if patience < 0 or (not patience and now < again_at):
            raise RateLimited(method, again_at - now)
        try:
            answer = self._client.deliver(method, timeout=patience, **arguments)
            notices.clear(f"{method} {id_}")
        except Rejected as error:
            answer = {}
            who = f"who {id_} is" if id_ else "who is in a user group"
            notices.say(f"{method} {id_}", f"commands: cannot tell {who}, so nothing is allowed by it: {error}")
        except Unreachable:
            with self._lock:
                now = self._clock.monotonic()
                self._unanswered = {each: at for each, at in self._unanswered.items() if now < at}
                self._unanswered[key] = now + _PAUSE
            raise
        with self._lock:
            self._answers = {each: kept for each, kept in self._answers.items() if now - kept[0] < TTL}
            self._answers[key] = (now, answer)
        return answer


def _name(user: Mapping[str, Any]) -> str:
    """Return what people call a user. Source: User object, "profile"."""
    profile = user.get("profile") or {}
    return str(profile.get("display_name") or profile.get("real_name") or user.get("name") or "")
