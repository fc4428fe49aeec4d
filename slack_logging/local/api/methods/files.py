"""files.*: the upload in three steps. The bytes themselves travel outside the Web API (see `transfers`)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from slack_logging.local import limits
from slack_logging.local.api.methods.request import Method, Request
from slack_logging.local.api.ratelimits import TIER_4
from slack_logging.local.errors import ApiError
from slack_logging.local.state import views
from slack_logging.local.state.blocks import check_blocks
from slack_logging.local.state.content import stored_texts, with_ids
from slack_logging.local.state.conversation import Channel
from slack_logging.local.state.model import StoredFile
from slack_logging.local.state.teams import TEAM_URL
from slack_logging.local.state.text import stored
from slack_logging.local.state.workspace import authorship

#: Some of the kinds of snippet that Slack knows.
_SNIPPET_TYPES = frozenset(
    "c cpp csharp css csv diff go html java javascript json markdown php python ruby rust shell sql text yaml".split()
)


def _get_upload_url(request: Request) -> dict[str, Any]:
    arguments = request.arguments
    name, size, snippet_type = arguments.text("filename"), arguments.number("length", 0), arguments.text("snippet_type")
    if not name or size < 1:
        raise ApiError("missing_argument")
    if snippet_type and snippet_type not in _SNIPPET_TYPES:
        raise ApiError("unknown_snippet_type")
    if snippet_type and size > limits.SNIPPET:
        raise ApiError("snippet_too_large")
    if size > limits.FILE:
        raise ApiError("file_upload_size_restricted")
    if len(arguments.text("alt_txt")) > limits.ALT_TEXT:
        raise ApiError("invalid_arguments")
    file = request.workspace.new_file(name=name, length=size, user=request.caller.id, snippet_type=snippet_type)
    return {"upload_url": f"{request.url}/upload/v1/{file.id}", "file_id": file.id}


def _complete_upload(request: Request) -> dict[str, Any]:
    """Finish an upload and share it. The share comes later, as in Slack, so the answer does not know its `ts`."""
    arguments, workspace = request.arguments, request.workspace
    files = [_uploaded(request, entry) for entry in _entries(request)]
    channels = _channels(request)
    blocks = arguments.structure("blocks", malformed="invalid_blocks")
    fields = authorship(request.caller) | {"text": stored(arguments.text("initial_comment"))}
    if blocks:
        [fields["blocks"]] = with_ids([stored_texts(check_blocks(blocks))])
    thread_ts = arguments.text("thread_ts") or None
    for channel in channels:
        if thread_ts and ((parent := channel.get(thread_ts)) is None or not parent.is_threadable):
            raise ApiError("invalid_thread_ts")
    workspace.files.update({file.id: file for file in files})
    ids = [file.id for file in files]
    request.afterwards += [
        partial(workspace.share, ids, channel, fields, url=request.url, thread_ts=thread_ts) for channel in channels
    ]
    return {"files": [views.file(file, url=request.url, permalink=TEAM_URL, with_shares=False) for file in files]}


def _entries(request: Request) -> list[dict[str, Any]]:
    entries = request.arguments.structure("files", malformed="invalid_arguments")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise ApiError("invalid_arguments")
    return entries


def _uploaded(request: Request, entry: dict[str, Any]) -> StoredFile:
    """Return the file of one entry, complete; its bytes must have come and it must be the caller's."""
    file = request.workspace.files.get(str(entry.get("id")))
    if file is None or file.content is None or file.is_complete or file.user != request.caller.id:
        raise ApiError("file_not_found")
    return replace(file, is_complete=True, title=str(entry.get("title") or file.name))


def _channels(request: Request) -> list[Channel]:
    """Return the channels to share in; the caller must be in each, whatever its scopes."""
    single = request.arguments.text("channel_id")
    ids = [single] if single else request.arguments.names("channels")
    if len(ids) > limits.SHARED_CHANNELS:
        raise ApiError("channels_limit_exceeded")
    return [_member_channel(request, channel_id) for channel_id in ids]


def _member_channel(request: Request, channel_id: str) -> Channel:
    channel = request.workspace.channels.get(channel_id)
    if channel is None or not request.can_see(channel):
        raise ApiError("channel_not_found")
    if not request.is_member(channel):
        raise ApiError("not_in_channel")
    if channel.is_archived:
        raise ApiError("posting_to_channel_denied")
    return channel


def _info(request: Request) -> dict[str, Any]:
    file = request.workspace.files.get(request.arguments.required("file"))
    if file is None or not file.is_complete:
        raise ApiError("file_not_found")
    view = views.file(file, url=request.url, permalink=TEAM_URL, with_shares=True)
    return {"file": view, "comments": [], "response_metadata": {"next_cursor": ""}}


METHODS = (
    Method("files.completeUploadExternal", _complete_upload, TIER_4, scopes=("files:write",)),
    Method("files.getUploadURLExternal", _get_upload_url, TIER_4, scopes=("files:write",)),
    Method("files.info", _info, TIER_4, scopes=("files:read",)),
)
