"""File upload in its three steps, and download."""

# ruff: noqa: SIM300 -- expected == actual, as everywhere in these tests

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from slack_logging.local import Fault, File, LocalSlack, limits
from tests.local.conftest import Ask, ask_sync, exchange

FILE_PART = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nabc\r\n'


def fetch(slack: LocalSlack, url: str, token: str | None) -> tuple[int, bytes]:
    """Get a file's address with a token or without one."""
    status, _, body = exchange(slack, "GET", url, None, {"Authorization": f"Bearer {token}"} if token else {})
    return status, body


def send(slack: LocalSlack, url: str, body: bytes) -> int:
    """Send bytes to an upload address as slack_sdk does, with a content type that they do not have."""
    return exchange(slack, "POST", url, body, {"Content-Type": "application/x-www-form-urlencoded"})[0]


def test_upload_runs_all_steps(slack: LocalSlack, ask: Ask, log: str) -> None:
    """files_upload_v2 shares the bytes in the thread, with title and comment."""
    parent = slack.say(log, "parent", user="ada")
    content = bytes(range(256)) * 40
    answer = ask(
        "files_upload_v2",
        channel=log,
        thread_ts=parent,
        filename="a b/\N{SNOWMAN}.bin",
        content=content,
        title="All bytes",
        initial_comment="see & read",
    )
    assert ("All bytes", len(content)) == (answer["file"]["title"], answer["file"]["size"])
    shared = slack.wait_for(lambda: slack.files(log))
    message = slack.messages(log, thread_ts=parent)[1]
    assert [File("a b/\N{SNOWMAN}.bin", "All bytes", content, message["ts"], parent)] == shared
    assert ("file_share", "see &amp; read") == (message["subtype"], message["text"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\nno file\r\n' + FILE_PART + b"--b--\r\n", 200),
        (FILE_PART.replace(b"abc", b"abcd") + b"--b--\r\n", 400),
        (b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\nabc\r\n--b--\r\n', 400),
        (b"abc", 400),
        (b"--b\r\nX: " + b"y" * 100_000 + b"\r\n" + FILE_PART.removeprefix(b"--b\r\n") + b"--b--\r\n", 400),
    ],
)
def test_bytes_may_come_in_a_form(slack: LocalSlack, ask: Ask, body: bytes, status: int) -> None:
    """As its first file, whatever its name; without one, or of another length, nothing is uploaded."""
    answer = ask("files_getUploadURLExternal", filename="a.txt", length=3)
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    assert status == exchange(slack, "POST", answer["upload_url"], body, form)[0]
    assert (b"abc" if status == 200 else None) == slack.workspace.files[answer["file_id"]].content


def test_async_client_uploads_too(slack: LocalSlack, log: str) -> None:
    """The asynchronous client's upload ends in the channel as well."""

    async def upload() -> None:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        await client.files_upload_v2(channel=log, filename="a.txt", content="async")

    asyncio.run(upload())
    assert [b"async"] == [file.content for file in slack.wait_for(lambda: slack.files(log))]


def test_answer_does_not_know_the_share_yet(slack: LocalSlack, ask: Ask, log: str) -> None:
    """Sharing is asynchronous: where the file shows is learnt later, by files.info with its scope."""
    file = ask("files_upload_v2", channel=log, filename="a.txt", content="x")["file"]
    assert "shares" not in file
    shared = slack.wait_for(lambda: slack.files(log))[0]
    writer = ask_sync(slack, slack.token("files:write"))
    assert {"public": {log: [{"ts": shared.ts}]}} == ask("files_info", file=file["id"])["file"]["shares"]
    assert "missing_scope" == writer("files_info", file=file["id"])["error"]


def test_file_without_channel_stays_private(slack: LocalSlack, ask: Ask, log: str) -> None:
    """An upload that names no channel is complete and shown nowhere."""
    file = ask("files_upload_v2", filename="a.txt", content="x")["file"]
    ask("chat_postMessage", channel=log, text="after")
    assert "file_share" not in [message.get("subtype") for message in slack.messages(log)]
    assert slack.workspace.files[file["id"]].is_complete


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"length": 0}, "missing_argument"),
        ({"filename": ""}, "missing_argument"),
        ({"length": limits.FILE}, None),
        ({"length": limits.FILE + 1}, "file_upload_size_restricted"),
        ({"snippet_type": "python", "length": limits.SNIPPET}, None),
        ({"snippet_type": "python", "length": limits.SNIPPET + 1}, "snippet_too_large"),
        ({"snippet_type": "klingon"}, "unknown_snippet_type"),
        ({"alt_txt": "x" * limits.ALT_TEXT}, None),
        ({"alt_txt": "x" * (limits.ALT_TEXT + 1)}, "invalid_arguments"),
    ],
)
def test_first_step_checks_what_is_announced(ask: Ask, arguments: dict[str, Any], error: str | None) -> None:
    """Name and length are needed; snippets and descriptions have limits of their own."""
    assert error == ask("files_getUploadURLExternal", **{"filename": "a.txt", "length": 3} | arguments).get("error")


@pytest.mark.parametrize("body", [b"ab", b"abcd", b""])
def test_second_step_wants_the_announced_length(slack: LocalSlack, ask: Ask, body: bytes) -> None:
    """Other bytes than announced are refused, and the file cannot be completed."""
    answer = ask("files_getUploadURLExternal", filename="a.txt", length=3)
    assert 400 == send(slack, answer["upload_url"], body)
    refused = ask("files_completeUploadExternal", files=[{"id": answer["file_id"]}])
    assert "file_not_found" == refused["error"]


def test_upload_address_is_closed_after_the_last_step(slack: LocalSlack, ask: Ask) -> None:
    """A completed file takes no other bytes, and is not completed twice."""
    answer = ask("files_getUploadURLExternal", filename="a.txt", length=3)
    assert 200 == send(slack, answer["upload_url"], b"abc")
    assert ask("files_completeUploadExternal", files=[{"id": answer["file_id"]}])["ok"]
    assert 400 == send(slack, answer["upload_url"], b"xyz")
    assert "file_not_found" == ask("files_completeUploadExternal", files=[{"id": answer["file_id"]}])["error"]


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("elsewhere", "not_in_channel"),
        ("old", "posting_to_channel_denied"),
        ("nowhere", "channel_not_found"),
        ("thread", "invalid_thread_ts"),
    ],
)
def test_third_step_shares_only_where_the_bot_is(slack: LocalSlack, ask: Ask, log: str, place: str, error: str) -> None:
    """Membership is needed whatever the scopes, and the file stays as it was."""
    places = {
        "elsewhere": {"channel_id": slack.add_channel("elsewhere", bot_is_member=False)},
        "old": {"channel_id": slack.add_channel("old", archived=True)},
        "nowhere": {"channel_id": "C0NOWHERE"},
        "thread": {"channel_id": log, "thread_ts": "1800000000.999999"},
    }
    answer = ask("files_getUploadURLExternal", filename="a.txt", length=3)
    send(slack, answer["upload_url"], b"abc")
    files = [{"id": answer["file_id"], "title": "T"}]
    assert error == ask("files_completeUploadExternal", files=files, **places[place])["error"]
    assert ask("files_completeUploadExternal", files=files, channel_id=log)["ok"]


def test_one_file_is_shared_in_a_hundred_channels(slack: LocalSlack, ask: Ask, log: str) -> None:
    """`channels` takes a hundred ids, blocks serve as the comment."""
    channels = [slack.add_channel(f"c{number}") for number in range(limits.SHARED_CHANNELS)]
    answer = ask("files_getUploadURLExternal", filename="a.txt", length=3)
    send(slack, answer["upload_url"], b"abc")
    arguments = {"files": json.dumps([{"id": answer["file_id"]}]), "blocks": '[{"type": "divider"}]'}

    def complete(channels: list[str]) -> dict[str, Any]:
        params = arguments | {"channels": ",".join(channels)}
        return ask("api_call", api_method="files.completeUploadExternal", params=params)

    assert "channels_limit_exceeded" == complete([*channels, log])["error"]
    assert complete(channels)["ok"]
    slack.wait_for(lambda: all(slack.files(channel) for channel in channels))
    assert "divider" == slack.messages(channels[-1])[0]["blocks"][0]["type"]


def test_unfinished_file_cannot_be_fetched(slack: LocalSlack, ask: Ask) -> None:
    """Before the last step a file is not there."""
    answer = ask("files_getUploadURLExternal", filename="a.txt", length=3)
    send(slack, answer["upload_url"], b"abc")
    url = f"{slack.url}/files/{answer['file_id']}/download/a.txt"
    assert (404, b"file_not_found") == fetch(slack, url, slack.token("files:read"))


def test_download_needs_a_token_that_may_read_files(slack: LocalSlack, ask: Ask, log: str) -> None:
    """url_private_download gives the bytes to files:read only."""
    url = ask("files_upload_v2", channel=log, filename="a.txt", content="abc")["file"]["url_private_download"]
    assert (200, b"abc") == fetch(slack, url, slack.token("files:read"))
    assert (403, b"missing_scope") == fetch(slack, url, slack.token("files:write"))
    assert (403, b"not_authed") == fetch(slack, url, None)
    assert (403, b"invalid_auth") == fetch(slack, url, "xoxb-real")


def test_upload_step_can_fail_on_demand(slack: LocalSlack, ask: Ask) -> None:
    """Faults reach the steps outside the Web API too."""
    slack.fault("upload", Fault.server_error())
    answer = ask("files_getUploadURLExternal", filename="a.txt", length=3)
    assert 500 == send(slack, answer["upload_url"], b"abc")
    assert [("upload", 500)] == [(call.method, call.status) for call in slack.calls("upload")]
