"""A webhook's client: one attempt a call, honest errors, one pace for all who share an address, and no word of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from slack_logging.errors import DeliveryError, RateLimited, Rejected, Unreachable
from slack_logging.local import Fault, LocalSlack
from slack_logging.slack.address import Address
from slack_logging.slack.webhook import WebhookPoster, connect
from slack_logging.testing import FakeClock
from tests.chats import Chat, Discord, Mattermost

POST = "chat.postMessage"

#: What every post of ours has; here, no more.
BLOCKS = [
    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]}
]


@pytest.fixture
def poster(slack: LocalSlack, clock: FakeClock) -> WebhookPoster:
    """Connect to the local Slack's webhook for #ops-log."""
    return connect(Address.of(slack.webhook_url("#ops-log")), clock)


@pytest.fixture(params=[Discord, Mattermost])
def chat(request: pytest.FixtureRequest, clock: FakeClock) -> Iterator[Chat]:
    """Run a chat that is not Slack."""
    with request.param(clock) as made:
        yield made


def post(poster: WebhookPoster, text: str = "hi", **given: Any) -> dict[str, Any]:
    return poster.call(POST, channel="#ops-log", **{"text": text, "blocks": BLOCKS, "thread_ts": None, **given})


def refused(poster: WebhookPoster, **given: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        post(poster, **given)
    return caught.value


def test_slack_gets_the_message_as_it_is(slack: LocalSlack, poster: WebhookPoster) -> None:
    """Blocks and metadata, but no channel: a webhook has its own."""
    metadata = {"event_type": "x", "event_payload": {"id": "7"}}
    assert post(poster, metadata=metadata) == {"ok": True, "channel": "", "ts": ""}
    [message] = slack.messages("#ops-log")
    assert (message["metadata"], message["blocks"][0]["type"]) == (metadata, "rich_text")


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (Fault.rate_limited(7), RateLimited, "webhook: rate limited, retry after 7 s"),
        (Fault.rate_limited(None), RateLimited, "webhook: rate limited, retry after 30 s"),
        (Fault.server_error(500), Unreachable, "webhook: HTTP 500"),
        (Fault.error("rollup_error"), Unreachable, "webhook: HTTP 500"),
        (Fault.cut_before(), Unreachable, "no answer ("),
        (Fault.cut_after(), Unreachable, "no answer ("),
        (Fault.error("invalid_blocks"), Rejected, "webhook: invalid_blocks (HTTP 400)"),
        (Fault.error("no_service"), Rejected, "webhook: no_service (the webhook is gone, or its address is wrong"),
        (
            Fault.error("channel_is_archived"),
            Rejected,
            "webhook: channel_is_archived (the webhook's channel is archived",
        ),
        (Fault.error("team_disabled"), Rejected, "webhook: team_disabled (the webhook is gone"),
    ],
)
def test_a_fault_is_one_of_ours_after_one_attempt(
    slack: LocalSlack, poster: WebhookPoster, fault: Fault, error: type[DeliveryError], says: str
) -> None:
    """Nothing is tried again behind the caller's back."""
    slack.fault("webhook", fault)
    caught = refused(poster)
    assert type(caught) is error
    assert str(caught).startswith(says)
    assert len(slack.calls("webhook")) == 1


def test_an_unknown_webhook_is_gone(slack: LocalSlack, clock: FakeClock) -> None:
    """Slack says which part is wrong; for us it is all one."""
    wrong = connect(Address.of(f"{slack.webhook_url('#ops-log')}x"), clock)
    assert str(refused(wrong)).startswith("webhook: invalid_token (the webhook is gone")


def test_nobody_there_means_never_sent(clock: FakeClock) -> None:
    """Then the repeat needs no mark."""
    caught = refused(connect(Address.of("http://127.0.0.1:9/hooks/s3cr3tkeyofsomebody"), clock))
    assert isinstance(caught, Unreachable)
    assert str(caught) == "no answer (Connection refused): is slack-logging local running?"
    assert caught.was_never_sent


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/hooks/{}", "http://chat.invalid/hooks/{}"])
def test_no_error_tells_the_address(clock: FakeClock, url: str) -> None:
    """Neither its text nor what a traceback shows of it."""
    key = "s3cr3tkeyofsomebody"
    shown = "".join(traceback.format_exception(refused(connect(Address.of(url.format(key)), clock))))
    assert key not in shown


def test_a_throttled_webhook_slows_down(clock: FakeClock, slack: LocalSlack, poster: WebhookPoster) -> None:
    """Nobody posts before Retry-After is over."""
    slack.fault("webhook", Fault.rate_limited(7))
    assert poster.acquire(POST) == 0.0
    refused(poster)
    assert poster.acquire(POST) >= 7


def test_all_who_have_the_same_address_share_a_pace(clock: FakeClock, slack: LocalSlack) -> None:
    """One post a second, together; another address has its own."""
    addresses = [Address.of(slack.webhook_url(channel)) for channel in ("#ops-log", "#ops-log", "#general")]
    one, same, other = [connect(address, clock) for address in addresses]
    assert [each.acquire(POST, "anything") for each in (one, same, other)] == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "act",
    [
        lambda poster: poster.call("chat.update", ts="1.1", text="x"),
        lambda poster: poster.call("conversations.history", channel="C1"),
        lambda poster: poster.upload("C1", "record.txt", b"x", title="x"),
        lambda poster: poster.channel_id("#ops-log"),
    ],
)
def test_all_but_posting_is_refused(
    slack: LocalSlack, poster: WebhookPoster, act: Callable[[WebhookPoster], object]
) -> None:
    """At once, without asking anybody."""
    with pytest.raises(Rejected, match=r"not_by_webhook \(a webhook can only post\)"):
        act(poster)
    assert slack.calls() == []


class SlackBehindAProxy(Mattermost):
    """Says what a proxy says."""

    path = "/services/T0000/B0000/{key}"


@pytest.mark.parametrize(
    ("kind", "body"),
    [(SlackBehindAProxy, "<html>log in</html>"), (SlackBehindAProxy, ""), (Mattermost, "<html>log in</html>")],
)
def test_an_answer_that_is_no_webhooks_is_no_success(clock: FakeClock, kind: type[Chat], body: str) -> None:
    """Such as the page of a proxy that wants a login; Slack says `ok` and nothing else."""
    with kind(clock) as chat:
        chat.answers.append((200, body, False))
        assert "HTTP 200, but not the answer of a webhook" in str(refused(connect(Address.of(chat.url), clock)))


def test_others_get_text(chat: Chat, clock: FakeClock) -> None:
    """Blocks would be lost there."""
    post(connect(Address.of(chat.url), clock))
    assert chat.texts == ["```\nx\n```"]


@pytest.mark.parametrize("answer", [(204, "", True), (200, '{"success": true}', True), (200, "ok", True)])
def test_others_have_other_words_for_success(chat: Chat, clock: FakeClock, answer: tuple[int, str, bool]) -> None:
    """What counts is the status."""
    chat.answers.append(answer)
    assert post(connect(Address.of(chat.url), clock))["ok"] is True


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((413, "<html>too large</html>", False), "webhook: msg_too_large (HTTP 413)"),
        ((403, "<html>no</html>", False), "webhook: http_403 (the webhook is gone, or its address is wrong"),
        ((307, "", False), "webhook: http_307 (HTTP 307)"),
        ((400, "sorry, what is this?", False), "webhook: "),
    ],
)
def test_other_refusals_are_told_by_their_status(
    chat: Chat, clock: FakeClock, answer: tuple[int, str, bool], says: str
) -> None:
    """Their words may quote anything."""
    chat.answers.append(answer)
    caught = refused(connect(Address.of(chat.url), clock))
    assert isinstance(caught, Rejected)
    assert str(caught).startswith(says)
    assert "sorry" not in str(caught)


def test_discord_says_in_its_body_how_long_to_wait(clock: FakeClock) -> None:
    """It is obeyed where there is no header."""
    with Discord(clock) as chat:
        poster = connect(Address.of(chat.url), clock)
        for _ in range(5):
            post(poster)
        caught = refused(poster)
    assert isinstance(caught, RateLimited)
    assert caught.retry_after == 2.0


@pytest.mark.parametrize(("kind", "code"), [(Discord, "invalid_payload"), (Mattermost, "no_text")])
def test_a_refusal_of_the_message_is_told_from_one_of_the_webhook(
    clock: FakeClock, kind: type[Chat], code: str
) -> None:
    """The one concerns this message, the other all."""
    with kind(clock) as chat:
        error = refused(connect(Address.of(chat.url), clock), text="", blocks=None)
        assert isinstance(error, Rejected)
        assert error.code == code
        gone = refused(connect(Address.of(chat.url.replace("k3y", "l0s")), clock))
        assert "(the webhook is gone, or its address is wrong" in str(gone)


def test_a_program_that_ends_does_not_wait_for_long(poster: WebhookPoster) -> None:
    """A call takes as long as it may, within its bounds."""
    poster.limit_calls(2.4)
    assert poster._web.timeout == 2
    poster.limit_calls(99)
    assert poster._web.timeout == 10


def test_the_proxy_of_another_scheme_is_not_used(
    clock: FakeClock, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What slack_sdk takes for everything, urllib below it takes for HTTPS."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert post(WebhookPoster(Address.of(slack.webhook_url("#ops-log")), clock))["ok"] is True
