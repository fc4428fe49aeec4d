"""A connection to the commands' channel: who we are there, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slack_logging import notices
from slack_logging.active.people.directory import Directory
from slack_logging.active.reading.intake import Intake, by_age
from slack_logging.active.reading.window import PAGE
from slack_logging.active.settings import Settings
from slack_logging.clock import Clock
from slack_logging.errors import Rejected
from slack_logging.instance import Instance
from slack_logging.slack import loading
from slack_logging.slack.skew import MOST, remark

if TYPE_CHECKING:
    from slack_logging.slack.client import SlackClient

#: Seconds to wait for a further page: a sweep that stopped half-way would begin anew.
_PAGE_TIMEOUT = 60.0

#: Channels that one look through the workspace's list gives at most. Source: conversations.list.
_MOST_LISTED = 999


@dataclass(frozen=True, slots=True)
class Line:
    """All that was found out when connecting. Safe to use from any thread."""

    client: SlackClient
    channel: str
    team: str
    url: str
    intake: Intake
    directory: Directory

    @classmethod
    def connect(cls, settings: Settings, instance: Instance, clock: Clock) -> Line:
        """Find the channel and ourselves. Blocks; at most four calls, none of them when all is known already.

        Raises:
            DeliveryError: there is no token, no such channel, no network ...
        """
        loading.load()
        from slack_logging.slack.client import connect  # here: it loads slack_sdk, which takes its time

        client = connect(settings.token, settings.api_url, clock)
        us = client.identity()
        channel = client.channel_id(settings.channel)
        access = settings.access
        intake = Intake(
            team=us.team_id,
            channel=channel,
            bot_user=us.user_id,
            bot_id=us.bot_id,
            app_id=_app_id(client, us.bot_id),
            prefix=settings.prefix,
            emoji=settings.emoji,
            instance=instance,
            named=access.allow,
            is_secret=settings.is_secret,
            takes_code=settings.takes_code,
        )
        directory = Directory(client, us.team_id, access.groups, clock, enterprise_id=us.enterprise_id)
        return cls(client, channel, us.team_id, us.url, intake, directory)

    def say_if_clock_is_off(self) -> None:
        """Say so on stderr: once, and once more when it was set."""
        ahead = self.client.ahead
        if abs(ahead) > MOST:
            notices.say("clock", f"this machine's clock {remark(ahead)}. Until then, commands get old by Slack's")
        else:
            notices.clear("clock", "this machine's clock agrees with Slack's again")

    def may_post_to(self, channel: str) -> bool:
        """Tell whether there may be such a public channel, and posts reach it though the bot is not in it.

        At most one call; raises as `call` where there is no answer. Source: Scopes, "chat:write.public".
        """
        if "chat:write.public" not in (self.client.scopes or ()):
            return False
        try:
            answer = self.client.deliver(
                "conversations.list", timeout=0, types="public_channel", exclude_archived=True, limit=_MOST_LISTED
            )
        except Rejected:
            return True
        has_more = bool((answer.get("response_metadata") or {}).get("next_cursor"))
        return has_more or channel.lstrip("#") in [found["name"] for found in answer["channels"]]

    def is_shared_outside(self) -> bool:
        """Tell whether people of other organisations are in the channel, by Slack Connect; not so if Slack won't tell.

        One call; raises as `call` where there is no answer. Source: Channel object, "is_ext_shared".
        """
        try:
            answer = self.client.deliver("conversations.info", timeout=0, channel=self.channel)
        except Rejected:  # the scope is missing, and reading does not need it
            return False
        return bool((answer.get("channel") or {}).get("is_ext_shared"))

    def newest(self) -> tuple[list[dict[str, Any]], bool]:
        """Return the newest messages, oldest first, and whether there are older ones. One call; raises as `call`."""
        answer = self.client.deliver("conversations.history", timeout=0, channel=self.channel, limit=PAGE)
        return by_age(answer["messages"]), bool(answer.get("has_more"))

    def since(self, oldest: str, wanted: Callable[[], bool]) -> list[dict[str, Any]]:
        """Return all messages newer than `oldest`, oldest first. Raises as `deliver`.

        All pages are read before anything is returned: which end of the stretch comes first is not documented.

        Args:
            oldest: a `ts`, itself left out.
            wanted: looked at before each further page; once it is false, nothing is returned.
        """
        found: list[dict[str, Any]] = []
        timeout, cursor = 0.0, None
        while True:
            answer = self.client.deliver(
                "conversations.history",
                timeout=timeout,
                channel=self.channel,
                oldest=oldest,
                limit=PAGE,
                cursor=cursor,
            )
            found += answer["messages"]
            timeout, cursor = _PAGE_TIMEOUT, (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return by_age(found)
            if not wanted():
                return []

    def at(self, ts: str) -> dict[str, Any] | None:
        """Return the message with this `ts`, None if the history has none. One call; raises as `call`.

        Source: conversations.history, "Retrieving a single message".
        """
        answer = self.client.deliver(
            "conversations.history", timeout=0, channel=self.channel, latest=ts, inclusive=True, limit=1
        )
        return next((message for message in answer["messages"] if message["ts"] == ts), None)

    def has(self, ts: str) -> bool:
        """Tell whether there is such a message, as Slack itself knows; pages of the history may be behind.

        One call, which needs no scope; raises as `call`. Source: chat.getPermalink.
        """
        try:
            self.client.deliver("chat.getPermalink", timeout=0, channel=self.channel, message_ts=ts)
        except Rejected as error:
            if error.code != "message_not_found":
                raise
            return False
        return True

    def permalink(self, ts: str, channel: str = "") -> str:
        """Return the address of a message, in this channel or another. Source: chat.getPermalink."""
        return f"{self.url}archives/{channel or self.channel}/p{ts.replace('.', '')}"


def _app_id(client: SlackClient, bot_id: str) -> str:
    """Return our app's id, empty when Slack does not tell: then only our webhooks' posts are not known for ours."""
    try:
        answer = client.deliver("bots.info", timeout=5.0, bot=bot_id)
    except Rejected:
        return ""
    return str((answer.get("bot") or {}).get("app_id") or "")
