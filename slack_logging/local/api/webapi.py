"""The Web API without HTTP: who calls, may he, may he now; then the method's own handler. Pure but for the log.

Source: Web API; Rate limits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from slack_logging.local.api.arguments import Arguments
from slack_logging.local.api.methods import METHODS, Method, Request
from slack_logging.local.api.methods.request import AS_IT_IS, Reading
from slack_logging.local.api.ratelimits import CHANNEL_POSTS, WORKSPACE_POSTS, Bucket, RateLimiter
from slack_logging.local.errors import ApiError
from slack_logging.local.state.apps import APP_TOKEN_PREFIX, BOT_TOKEN_PREFIX, App, Apps, Token
from slack_logging.local.state.workspace import Workspace

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer on its way: HTTP status, JSON body, headers; and what happens after it was sent."""

    body: dict[str, Any]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    afterwards: tuple[Callable[[], None], ...] = ()

    @property
    def error(self) -> str | None:
        """Slack's error code, if it is a refusal."""
        code = self.body.get("error")
        return str(code) if code is not None else None


def refused(error: ApiError) -> Answer:
    """Return the answer that carries a refusal; its HTTP status is 200, as Slack's is."""
    return Answer({"ok": False, "error": error.code} | error.details)


def rate_limited(retry_after: int | str | None) -> Answer:
    """Return the answer to a call that came too soon; Slack's has whole seconds, a planned fault's text or nothing."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Answer({"ok": False, "error": "ratelimited"}, 429, headers)


def posting_buckets(workspace: Workspace, app_id: str, channel: str) -> list[Bucket]:
    """Return the limits that a post by any means comes under.

    Args:
        workspace: looked at to know one channel by its id and its name, and a DM by its id and its user's.
        app_id: whose post it is.
        channel: as the caller wrote it.
    """
    known = workspace.channels.get(channel) or workspace.channel_named(channel.removeprefix("#"))
    place = channel if channel in workspace.users else "unknown"
    if known:
        place = known.name if known.kind == "im" else known.id  # a DM is named by its user's id, also before it is open
    return [(("post", app_id, place), CHANNEL_POSTS), (("post", app_id), WORKSPACE_POSTS)]


class WebApi:
    """All methods, for all tokens. Call it under the workspace's lock.

    Args:
        workspace: the state.
        limiter: the buckets; webhooks share them.
        apps: knows the tokens.
        app: the app in whose name a method that needs no token is called.
        connect: gives out the address of a new Socket Mode connection; is given the app and the server's address.
    """

    def __init__(
        self,
        workspace: Workspace,
        limiter: RateLimiter,
        apps: Apps,
        app: App,
        *,
        connect: Callable[[App, str], str],
    ) -> None:
        self._workspace = workspace
        self._limiter = limiter
        self._apps = apps
        self._anonymous = Token(app, frozenset())
        self._connect = connect

    def call(
        self, name: str, token: str | None, arguments: Arguments, *, url: str, reading: Reading = AS_IT_IS
    ) -> Answer:
        """Answer one call; every fault becomes an answer too.

        Args:
            name: of the method.
            token: as sent, None if there was none.
            arguments: the method's.
            url: the server's own address.
            reading: how histories are read.
        """
        known = self._apps.tokens.get(token or "")
        headers = {"x-oauth-scopes": ",".join(sorted(known.scopes))} if known else {}
        try:
            answer = self._answer(name, token, arguments, url, reading)
        except ApiError as error:
            answer = refused(error)
        except Exception:  # noqa: BLE001 - our own fault is an answer too; the log has the traceback
            _log.exception("the local Slack itself failed in %s", name)
            answer = Answer({"ok": False, "error": "internal_error"})
        return replace(answer, headers=answer.headers | headers)

    def _answer(self, name: str, token: str | None, arguments: Arguments, url: str, reading: Reading) -> Answer:
        method = METHODS.get(name)
        if method is None:
            raise ApiError("unknown_method", req_method=name)
        identity = self._identity(method, token)
        wait = self._limiter.take(self._buckets(method, identity, arguments), self._workspace.clock.time())
        if wait:
            return rate_limited(wait)
        request = self._request(method, identity, arguments, url, reading)
        request.need(*method.scopes)
        return Answer({"ok": True} | method.handler(request), afterwards=tuple(request.afterwards))

    def _identity(self, method: Method, token: str | None) -> Token:
        """Return who calls. Slack does not say what a token of the wrong kind earns; the code is ours."""
        if not method.needs_token:
            return self._anonymous
        if method.is_app_level and not token:
            raise ApiError("missing_args")
        identity = self.authenticate(token)
        if identity.is_app_level != method.is_app_level:
            raise ApiError("not_allowed_token_type")
        return identity

    def authenticate(self, token: str | None) -> Token:
        """Return what a token stands for.

        Raises:
            ApiError: ``not_authed``, ``token_revoked`` or ``invalid_auth``; the answer and the log say why, not which.
        """
        if not token:
            raise ApiError("not_authed")
        known = self._apps.tokens.get(token)
        if known is None:
            app, is_app_level = self._anonymous.app, token.startswith("xapp-")
            why = f"takes only fake tokens, which begin with {BOT_TOKEN_PREFIX} or {APP_TOKEN_PREFIX}"
            if token.startswith((BOT_TOKEN_PREFIX, APP_TOKEN_PREFIX)):
                why = "never gave out that token"
            why += f": use its app token, {app.app_token}" if is_app_level else f": use its bot token, {app.bot_token}"
            _log.warning("invalid_auth: this local Slack %s", why)
            raise ApiError("invalid_auth", response_metadata={"messages": [f"[ERROR] this local Slack {why}"]})
        if known.is_revoked:
            raise ApiError("token_revoked")
        return known

    def _buckets(self, method: Method, identity: Token, arguments: Arguments) -> list[Bucket]:
        if method.budget is None:
            return posting_buckets(self._workspace, identity.app.id, arguments.text("channel"))
        return [((identity.app.id, method.name), method.budget)]

    def _request(self, method: Method, identity: Token, arguments: Arguments, url: str, reading: Reading) -> Request:
        return Request(
            method=method.name,
            workspace=self._workspace,
            app=identity.app,
            caller=self._workspace.users[identity.app.bot.id],
            scopes=identity.scopes,
            arguments=arguments,
            url=url,
            connect=self._connect,
            reading=reading,
        )
