"""The Web API without HTTP: no arguments, however strange, make it fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slack_logging.local.api.arguments import Arguments
from slack_logging.local.api.methods import METHODS
from slack_logging.local.api.ratelimits import RateLimiter
from slack_logging.local.api.webapi import WebApi
from slack_logging.local.people import People
from slack_logging.local.state.apps import Apps
from slack_logging.testing import FakeClock

SCOPES = frozenset(scope for method in METHODS.values() for scope in method.scopes) | {"groups:history", "groups:read"}
NAMES = (
    "bot channel channel_id channels cursor exclude_archived file filename files icon_emoji include_all_metadata "
    "inclusive is_private latest length limit link_names markdown_text message_ts metadata name oldest parse "
    "reply_broadcast text thread_ts timestamp ts types user usergroup username attachments blocks initial_comment"
).split()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 10**20)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["C0OPSLOG0", "#ops-log", "U0ADA0000", "1800000000.000000", "1.5", "eyes", "F00000001", "{", "[]"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "id"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("method", sorted(METHODS))
@given(sent=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6), as_form=st.booleans())
@settings(max_examples=12)
def test_no_arguments_make_a_method_fail(method: str, sent: dict[str, Any], as_form: bool) -> None:
    """Every method answers every call with a result or a refusal of Slack's, and the answer is JSON."""
    people = People(FakeClock())
    ts = people.say("#ops-log", "parent", user="ada")
    people.say("#ops-log", "reply", user="ops", thread_ts=ts)
    apps = Apps(people.workspace)
    app = apps.install(people.workspace.user("ops"), scopes=SCOPES)
    api = WebApi(people.workspace, RateLimiter(0), apps, app, connect=lambda _, url: url)
    if as_form:
        sent = {name: value if isinstance(value, str) else json.dumps(value) for name, value in sent.items()}
    token = app.app_token if METHODS[method].is_app_level else app.bot_token
    answer = api.call(method, token, Arguments(sent), url="http://127.0.0.1")
    for action in answer.afterwards:
        action()
    assert answer.error != "internal_error"
    assert json.dumps(answer.body)
