"""The workspace itself, the enterprise it may belong to, and where strangers come from. Pure."""

from __future__ import annotations

from typing import Literal

from slack_logging.local.state.model import Enterprise

TEAM_ID = "T0LOCAL00"
TEAM_NAME = "Local Slack"
#: Where permalinks point; the name is reserved for tests and resolves nowhere.
TEAM_URL = "https://local.slack.test/"
ENTERPRISE = Enterprise("E0LOCAL00", "Local Enterprise")

#: Another workspace of our enterprise; one of another enterprise; one that belongs to none.
SIBLING_TEAM_ID, FOREIGN_TEAM_ID, OTHER_TEAM_ID = "T0SIBLING", "T0FOREIGN", "T0OTHER00"
OTHER_ENTERPRISE = Enterprise("E0OTHER00", "Other Enterprise")

External = bool | Literal["workspace", "enterprise", "sibling"]


def home(external: External, enterprise: Enterprise | None) -> tuple[str, Enterprise | None]:
    """Return the workspace and the enterprise that somebody comes from.

    Args:
        external: as `LocalSlack.add_user` takes it.
        enterprise: our own, if we have one.

    Raises:
        ValueError: there is no such place.
    """
    if external == "sibling" and enterprise is None:
        raise ValueError("external='sibling' is another workspace of our enterprise: give LocalSlack enterprise=True")
    homes: dict[External, tuple[str, Enterprise | None]] = {
        False: (TEAM_ID, enterprise),
        True: (OTHER_TEAM_ID, None),
        "workspace": (OTHER_TEAM_ID, None),
        "enterprise": (FOREIGN_TEAM_ID, OTHER_ENTERPRISE),
        "sibling": (SIBLING_TEAM_ID, enterprise),
    }
    if external not in homes:
        raise ValueError(f"external is {external!r}: give True, 'workspace', 'enterprise' or 'sibling'")
    return homes[external]
