"""Nobody may do anything until the configuration says who, by id."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slack_logging.active.people.access import Access, Person, Verdict, refusal
from slack_logging.errors import ConfigurationError

ADA = Person("U0ADA", "T1")


@pytest.mark.parametrize(
    ("allow", "expected"),
    [
        (["U024BE7LH", "W0123"], {"U024BE7LH", "W0123"}),
        ("U024BE7LH, S0614TZR7,", {"U024BE7LH", "S0614TZR7"}),
        (("U024BE7LH"), {"U024BE7LH"}),
        ({"U024BE7LH"}, {"U024BE7LH"}),
        (["B0123"], {"B0123"}),
    ],
)
def test_ids_come_from_lists_and_from_text(allow: object, expected: set[str]) -> None:
    """A string is split at commas, so a forgotten comma in a tuple allows nobody else."""
    assert Access.configured(allow).allow == expected


@pytest.mark.parametrize(
    ("allow", "roles", "says"),
    [
        ([], None, "allow is empty, so nobody could run a command: give ids such as 'U024BE7LH'; in Slack, a person's"),
        ("", None, "allow is empty"),
        (None, None, "allow is empty"),
        (["@ada"], None, "allow: '@ada' is no id of a user (U..., W...), user group (S...) or bot (B...); in Slack"),
        (["ada"], None, "allow: 'ada' is no id"),
        (["U024BE7LH", "C012"], None, "allow: 'C012' is no id"),
        (["*"], None, "allow: '*' is no id"),
        (["U024BE7LH\nU1"], None, "allow: 'U024BE7LH\\nU1' is no id"),
        (
            "U01 U02",
            None,
            "allow: 'U01 U02' is no id of a user (U..., W...), user group (S...) or bot (B...); separate several with",
        ),
        (7, None, "allow=7: expected a list of strings"),
        ([7], None, "allow=7: expected text"),
        (["U024BE7LH"], {"deployers": ["@ada"]}, "roles['deployers']: '@ada' is no id"),
        (["U024BE7LH"], {"deployers": []}, "roles['deployers'] is empty"),
        (
            ["U0ADA"],
            {"admins": ["U0ADA"], "deployers": ["U0BEN", "U0ADA"]},
            "roles['deployers']: U0BEN is not in allow, so it may run nothing: add it to allow too, or take it out of",
        ),
        (["U0ADA"], {"deployers": "W0BEN"}, "roles['deployers']: W0BEN is not in allow"),
        (["U0ADA", "S0OPS"], {"deployers": "B0BOT"}, "roles['deployers']: B0BOT is not in allow"),
        (["U024BE7LH"], ["U024BE7LH"], "roles=['U024BE7LH']: expected a mapping"),
    ],
)
def test_what_is_no_id_is_refused_with_the_way_to_get_one(allow: object, roles: object, says: str) -> None:
    """Handles and names are anybody's to take; the message says where Slack shows the id."""
    with pytest.raises(ConfigurationError) as caught:
        Access.configured(allow, roles)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("person", "allow", "verdict"),
    [
        (ADA, ["U0ADA"], Verdict.ALLOWED),
        (ADA, ["U0BEN"], Verdict.NOT_ALLOWED),
        (replace(ADA, groups=frozenset({"S0OPS"})), ["S0OPS"], Verdict.ALLOWED),
        (replace(ADA, groups=frozenset({"S0DEV"})), ["S0OPS"], Verdict.NOT_ALLOWED),
        (None, ["U0ADA"], Verdict.UNKNOWN),
        (replace(ADA, deleted=True), ["U0ADA"], Verdict.DEACTIVATED),
        (replace(ADA, guest=True), ["U0ADA"], Verdict.ALLOWED),
        (replace(ADA, guest=True, groups=frozenset({"S0OPS"})), ["S0OPS"], Verdict.GUEST),
        (replace(ADA, team_id="T2"), ["U0ADA"], Verdict.ALLOWED),
        (replace(ADA, team_id="T2", groups=frozenset({"S0OPS"})), ["S0OPS"], Verdict.EXTERNAL),
        (replace(ADA, team_id="", groups=frozenset({"S0OPS"})), ["S0OPS"], Verdict.EXTERNAL),
        (replace(ADA, untold=frozenset({"S0OPS"})), ["S0OPS"], Verdict.UNTOLD),
        (replace(ADA, untold=frozenset({"S0DEV"})), ["S0OPS"], Verdict.NOT_ALLOWED),
        (replace(ADA, guest=True, untold=frozenset({"S0OPS"})), ["S0OPS"], Verdict.GUEST),
        (replace(ADA, is_bot=True), ["U0ADA"], Verdict.ALLOWED),
        (replace(ADA, is_bot=True, groups=frozenset({"S0OPS"})), ["S0OPS"], Verdict.BOT),
    ],
)
def test_unknown_means_no(person: Person | None, allow: list[str], verdict: Verdict) -> None:
    """Guests, strangers and bots must be named themselves; the deactivated and the unknown never may."""
    assert Access.configured(allow).decide(person, "T1") is verdict


@pytest.mark.parametrize(
    ("allow", "deployers"),
    [
        ("U0ADA", "U0ADA"),
        ("S0OPS", "U0ADA,W0BEN"),
        ("U0ADA", "S0DEV"),
        ("S0OPS", "S0DEV"),
        ("B0BOT", "B0BOT"),
    ],
)
def test_a_role_is_taken_where_a_group_may_make_it_of_use(allow: str, deployers: str) -> None:
    """Who is in a user group, only Slack knows: somebody may be allowed by it, or have a role by it."""
    assert Access.configured(allow, {"deployers": deployers}).roles == {"deployers": frozenset(deployers.split(","))}


@pytest.mark.parametrize(
    ("person", "roles", "verdict"),
    [
        (ADA, ["deployers"], Verdict.ALLOWED),
        (ADA, ["admins"], Verdict.LACKS_ROLE),
        (ADA, ["admins", "deployers"], Verdict.ALLOWED),
        (ADA, ["nobody configured this"], Verdict.LACKS_ROLE),
        (replace(ADA, groups=frozenset({"S0ADM"})), ["admins"], Verdict.ALLOWED),
        (replace(ADA, untold=frozenset({"S0ADM"})), ["admins"], Verdict.UNTOLD),
        (replace(ADA, untold=frozenset({"S0ADM"})), ["nobody configured this"], Verdict.LACKS_ROLE),
        (Person("U0BEN", "T1"), ["deployers"], Verdict.NOT_ALLOWED),
    ],
)
def test_any_one_role_is_enough_for_those_allowed(person: Person, roles: list[str], verdict: Verdict) -> None:
    """A role comes on top of `allow`; one that is not configured is nobody's."""
    access = Access.configured(["U0ADA", "S0OPS"], {"deployers": ["U0ADA", "U0BEN"], "admins": "S0ADM"})
    assert access.decide(person, "T1", roles) is verdict


@pytest.mark.parametrize(
    ("verdict", "roles", "reason", "place"),
    [
        (Verdict.LACKS_ROLE, ["a"], "not among those who may run this command: it takes the role a", "it"),
        (
            Verdict.LACKS_ROLE,
            ["a", "b"],
            "not among those who may run this command: it takes one of the roles a, b",
            "one of them",
        ),
        (Verdict.NOT_ALLOWED, ["a"], "not on the list of those who may run commands here", "allow"),
    ],
)
def test_who_is_refused_is_told_who_they_are_and_what_is_missing(
    verdict: Verdict, roles: list[str], reason: str, place: str
) -> None:
    """With the id and the place to add it to."""
    told = f"You are U0BEN, {reason}. Whoever configures this service can add U0BEN to {place}."
    assert refusal("U0BEN", verdict, roles) == told


def test_the_groups_that_matter_are_known() -> None:
    """Slack is asked only about those named."""
    assert Access.configured("U0ADA,S0OPS", {"admins": "S0ADM"}).groups == {"S0OPS", "S0ADM"}


@pytest.mark.parametrize(("role", "meant"), [("oncall", ""), ("deployer", "did you mean deployers? Else ")])
def test_a_role_that_nobody_can_have_is_a_mistake(role: str, meant: str) -> None:
    """The error lists the roles there are, and names the nearest."""
    access = Access.configured("U0ADA", {"admins": "S0ADM", "deployers": "U0ADA"})
    access.check_roles("deploy", ["admins"])
    with pytest.raises(ConfigurationError) as caught:
        access.check_roles("deploy", [role])
    assert str(caught.value) == (
        f"command 'deploy' wants the role {role!r}, which is not in roles (configured: admins, deployers): "
        f"{meant}add roles={{{role!r}: ['U...']}}"
    )
