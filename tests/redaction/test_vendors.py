"""Tokens of vendors that are known by their prefix, and what only looks like one."""

from __future__ import annotations

import pytest

from slack_logging.redaction.redactor import Redactor
from slack_logging.redaction.shapes import MARKER
from tests.redaction.secrets import HEX, LOWER, MIXED

REDACTOR = Redactor()


@pytest.mark.parametrize(
    ("prefix", "secret"),
    [
        ("dckr_pat_", f"{MIXED[:18]}-_{MIXED[:7]}"),
        ("gsk_", MIXED[:52]),
        ("figd_", f"{MIXED[:20]}-_{MIXED[:20]}"),
        ("lin_api_", MIXED[:40]),
        ("ATATT3", f"xFfGF0{MIXED}_-{MIXED[:40]}=1A2B3C4D"),
        ("dapi", HEX[:32]),
        ("xkeysib-", f"{HEX[:64]}-{MIXED[:16]}"),
        *((f"gl{kind}-", MIXED[:20]) for kind in ("pat", "dt", "rt", "ptt", "cbt")),
        *((f"{kind}_{mode}_", MIXED[:24]) for kind in ("sk", "rk") for mode in ("live", "test")),
        *((f"shp{kind}_", HEX[:32]) for kind in ("at", "ca", "pa", "ss")),
    ],
    ids=lambda value: str(value)[:9],
)
def test_a_vendors_token_is_hidden_behind_its_prefix(prefix: str, secret: str) -> None:
    """Wherever it stands, and redacting twice changes nothing."""
    for text in ("#", "with # as user", "x=#&y=1", '{"x": "#"}', "https://x.example/#/y", "a\\n#\\nb", "(#)"):
        left = text.replace("#", f"{prefix}{MARKER}")
        assert REDACTOR.redact(text.replace("#", f"{prefix}{secret}")) == left
        assert REDACTOR.redact(left) == left


@pytest.mark.parametrize(
    "text",
    [
        "dckr_pat_short my_pat_is_called_so_by_everybody cat_pat_" + MIXED[:20],
        "gsk_options " + f"image_gsk_{MIXED[:60]} AAgsk_{MIXED[:52]}",
        "figd_layout_of_the_page lin_api_client linear_api_key_is_missing",
        "ATATT3 ATATT3xFfGF0 " + f"QQATATT3{MIXED}",
        f"dapi dapivault dapi{LOWER[:32]} dapi{HEX[:31]} dapi{HEX[:33]} adapi{HEX[:32]}",
        "xkeysib-v3 xkeysib-" + LOWER[:40],
        "ghz_abc shpzz_" + HEX[:32] + " desk_live_view disk_test_results glad-" + MIXED[:20],
    ],
)
def test_what_only_looks_like_a_vendors_token_stays(text: str) -> None:
    """Too short, made of other characters, or within a word or base64."""
    assert REDACTOR.redact(text) == text


def test_slacks_addresses_for_governments_are_hidden_as_the_others() -> None:
    """Whoever knows one may post; an address that is only of the host tells nothing."""
    for host in ("hooks.slack.com", "hooks.slack-gov.com"):
        left = f"https://{host}/services/{MARKER} failed"
        assert REDACTOR.redact(f"https://{host}/services/T1/B1/{MIXED[:24]} failed") == left
        assert REDACTOR.redact(f"https://{host}/ failed") == f"https://{host}/ failed"
    assert REDACTOR.redact("https://hooks.slack.example/services/T1/B1/x23456789") == (
        "https://hooks.slack.example/services/T1/B1/x23456789"
    )
