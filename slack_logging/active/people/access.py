"""Who may run what: deny by default. Pure.

Only ids count: names and handles are not unique and their owners can change them. Source: users.info.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from slack_logging import options
from slack_logging.errors import ConfigurationError

_ID = re.compile(r"[UWSB][A-Z0-9]{2,}")
_HOW_TO_GET_IDS = (
    "in Slack, a person's id: open the profile > ... > Copy member ID; "
    "a user group's: People > User groups > the group > ... > Copy group ID"
)


class Verdict(Enum):
    """Whether a person may; if not, the value is the reason in words for that person."""

    ALLOWED = ""
    NOT_ALLOWED = "not on the list of those who may run commands here"
    LACKS_ROLE = "not among those who may run this command"
    UNKNOWN = "unknown: Slack did not say who that is"
    DEACTIVATED = "a deactivated account"
    GUEST = "a guest, and guests must be on the list themselves, not by a group"
    EXTERNAL = "of another workspace, and such people must be on the list themselves, not by a group"
    BOT = "a bot, and bots must be on the list themselves, not by a group"
    UNTOLD = "perhaps in a user group that may, which could not be told: Slack did not say who is in it"
    TOO_MANY = "asking for too much at once: as many commands of yours as anybody may have wait or run"


@dataclass(frozen=True, slots=True)
class Person:
    """What Slack says about who typed.

    Attributes:
        id: of a user (``U...``, ``W...``), or of a bot that has no user (``B...``).
        team_id: the workspace that the account belongs to; for all of our enterprise, ours.
        is_bot: a bot or a workflow.
        deleted: deactivated.
        guest: of one or of several channels.
        groups: ids of the user groups the person is in, among those that the configuration names.
        untold: ids of those groups of the configuration whose members Slack did not tell.
        name: for people to read; anybody can choose any.
    """

    id: str
    team_id: str
    is_bot: bool = False
    deleted: bool = False
    guest: bool = False
    groups: frozenset[str] = frozenset()
    untold: frozenset[str] = frozenset()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may run commands at all, and who has which role. The ids are users' and user groups'."""

    allow: frozenset[str]
    roles: Mapping[str, frozenset[str]]

    @classmethod
    def configured(cls, allow: object, roles: object = None) -> Access:
        """Check and take the configuration.

        Raises:
            ConfigurationError: nobody is allowed; something is no id, and it says how to get one; or an id has a role
                and is certainly not allowed.
        """
        given = {} if roles is None else options.mapping("roles", roles, example="{'deployers': ['U024BE7LH']}")
        access = cls(_ids("allow", allow), {name: _ids(f"roles[{name!r}]", ids) for name, ids in given.items()})
        for role, ids in access.roles.items():
            for id_ in sorted(ids - access.allow):
                if not access._may_be_allowed(id_):
                    raise ConfigurationError(
                        f"roles[{role!r}]: {id_} is not in allow, so it may run nothing: "
                        "add it to allow too, or take it out of roles"
                    )
        return access

    @property
    def groups(self) -> frozenset[str]:
        """The user groups whose members must be known for `decide`."""
        return frozenset(id_ for ids in (self.allow, *self.roles.values()) for id_ in ids if id_.startswith("S"))

    def _may_be_allowed(self, id_: str) -> bool:
        """Tell whether somebody whose id is not in `allow` may still be allowed.

        - A user may be in a user group of `allow`, if that has one; who is in it, only Slack knows.
        - A user group's members may be in `allow` themselves, or in another group there.
        - A bot must be named itself.
        """
        return id_[0] == "S" or (id_[0] in "UW" and any(allowed[0] == "S" for allowed in self.allow))

    def decide(self, person: Person | None, team_id: str, roles: Collection[str] = ()) -> Verdict:
        """Tell whether `person` may run a command.

        Args:
            person: None when Slack does not know, or does not tell.
            team_id: our own workspace.
            roles: any one of them is enough; none means that `allow` is. A role that is not configured is nobody's.
        """
        if person is None:
            return Verdict.UNKNOWN
        if person.deleted:
            return Verdict.DEACTIVATED
        if person.id not in self.allow:
            if person.is_bot:
                return Verdict.BOT
            if person.team_id != team_id:
                return Verdict.EXTERNAL
            if person.guest:
                return Verdict.GUEST
            if not person.groups & self.allow:
                return Verdict.UNTOLD if person.untold & self.allow else Verdict.NOT_ALLOWED
        holders = [self.roles.get(role, frozenset()) for role in roles]
        if holders and not any(person.id in ids or person.groups & ids for ids in holders):
            is_untold = any(person.untold & ids for ids in holders)
            return Verdict.UNTOLD if is_untold else Verdict.LACKS_ROLE
        return Verdict.ALLOWED

    def most_people(self, roles: Collection[str]) -> float:
        """Return how many people may at most run a command that takes one of `roles`: infinite where a group may add.

        Bots are no people.
        """
        counts = [_count(self.allow)]
        if roles:
            holders = frozenset[str]().union(*(self.roles.get(role, frozenset()) for role in roles))
            counts.append(_count(holders))
            if math.inf not in counts:
                return _count(self.allow & holders)
        return min(counts)

    def check_approvals(self, command: str, approvals: int, roles: Collection[str]) -> None:
        """Refuse a command that nobody could ever get approved.

        Raises:
            ConfigurationError: whoever types it, fewer others than `approvals` may run it.
        """
        if (most := self.most_people(roles)) <= approvals:
            people = f"only {most:g}" if most else "nobody"
            place = f"the role {' or '.join(roles)}, and to allow" if roles else "allow"
            raise ConfigurationError(
                f"command {command!r} takes {approvals + 1} people, who types it and {approvals} to approve it, but "
                f"{people} may run it, bots aside: add people to {place}"
            )

    def weaknesses(self) -> list[str]:
        """Return what in the configuration lets in more than people might expect, a sentence each."""
        return [
            f"allow names the bot {id_}: whoever can make it post there runs commands as it"
            for id_ in sorted(self.allow)
            if id_[0] == "B"
        ]

    def check_roles(self, command: str, roles: Collection[str]) -> None:
        """Refuse a command that wants a role nobody can have.

        Raises:
            ConfigurationError: a role is not configured.
        """
        for role in roles:
            if role not in self.roles:
                near = options.nearest(role, self.roles)
                meant = f"did you mean {near}? Else " if near else ""
                raise ConfigurationError(
                    f"command {command!r} wants the role {role!r}, which is not in roles "
                    f"(configured: {', '.join(sorted(self.roles)) or 'none'}): {meant}add roles={{{role!r}: ['U...']}}"
                )


def refusal(user: str, verdict: Verdict, roles: Collection[str] = ()) -> str:
    """Return what somebody who may not is told: who they are to Slack, why not, and who can change it.

    Args:
        user: their id.
        verdict: any but `Verdict.ALLOWED`.
        roles: those that the command takes.
    """
    reason, place = verdict.value, "allow"
    if verdict is Verdict.UNKNOWN:
        return f"You are {user}, {reason}. Why not is on the stderr of this service."
    if verdict is Verdict.DEACTIVATED:
        return f"You are {user}, {reason}."
    if verdict is Verdict.UNTOLD:
        return f"You are {user}, {reason}. Why not is on the stderr of this service."
    if verdict is Verdict.TOO_MANY:
        return f"You are {user}, {reason}. Type this again when some of them are done."
    if verdict is Verdict.LACKS_ROLE:
        one, place = ("the role", "it") if len(roles) == 1 else ("one of the roles", "one of them")
        reason += f": it takes {one} {', '.join(roles)}"
    return f"You are {user}, {reason}. Whoever configures this service can add {user} to {place}."


def weakness(person: Person, team_id: str) -> str:
    """Return what is unusual about somebody who is allowed, in words; nothing for a member of the workspace."""
    if person.is_bot:
        return "a bot: whoever can make it post there runs commands as it"
    if person.team_id != team_id:
        return "of another workspace, which decides about that account"
    return "a guest of this workspace" if person.guest else ""


def _count(ids: Collection[str]) -> float:
    """Return how many people have these ids, and infinity with a user group among them."""
    return math.inf if any(id_[0] == "S" for id_ in ids) else sum(id_[0] in "UW" for id_ in ids)


def _ids(name: str, value: object) -> frozenset[str]:
    ids = options.texts(name, () if value is None else value)
    if not ids:
        raise ConfigurationError(
            f"{name} is empty, so nobody could run a command: give ids such as 'U024BE7LH'; {_HOW_TO_GET_IDS}"
        )
    for id_ in ids:
        if not _ID.fullmatch(id_):
            blanks = "separate several with commas; " if " " in id_ else ""
            raise ConfigurationError(
                f"{name}: {id_!r} is no id of a user (U..., W...), user group (S...) or bot (B...); "
                f"{blanks}{_HOW_TO_GET_IDS}"
            )
    return frozenset(ids)
