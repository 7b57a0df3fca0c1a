"""Tokens: the right key gets in, anything else does not."""

import pytest
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient
from azure.servicebus.exceptions import ServiceBusAuthenticationError

from local.broker import Broker, codec
from local.broker.claims import AccessKey, Claims
from local.broker.messages import Request
from local.broker.refusal import Refused
from tests.broker.conftest import Peer

KEY = AccessKey("name", "secret")


def _put(claims: Claims, token: str) -> int:
    reply = claims.answer(Request(1, {"type": b"jwt"}, token.encode()))
    status: int = reply.properties["status-code"]["VALUE"]
    return status


def _token(resource: str = "sb%3A%2F%2Fh%2Forders", expiry: str = "200", key: AccessKey = KEY) -> str:
    signature = key.signature(resource, expiry).replace("+", "%2B")
    return f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn={key.name}"


async def test_wrong_key_is_refused(broker: Broker) -> None:
    """A client with another key cannot open a link."""
    wrong = broker.connection_string.replace("SharedAccessKey=", "SharedAccessKey=x")
    async with ServiceBusClient.from_connection_string(wrong, retry_total=0) as service:
        sender = service.get_queue_sender("orders")
        with pytest.raises(ServiceBusAuthenticationError):
            await sender.send_messages(ServiceBusMessage("x"))


async def test_no_token_is_refused(peer: Peer) -> None:
    """A link without a token is detached as unauthorized."""
    await peer.open_session()
    await peer.attach(1, "orders", receive=False)
    [_, _, error] = await peer.expect(0x16)
    assert codec.text(error[0]) == "amqp:unauthorized-access"


@pytest.mark.parametrize(
    "token",
    [
        _token(key=AccessKey("name", "other")),
        _token(key=AccessKey("other", "secret")),
        _token(expiry="50"),
        _token().replace("se=200", "se=300"),
        _token().replace("orders", "other"),
        "eyJhbGciOi.J9.e30",
        "",
    ],
    ids=["wrong key", "wrong name", "expired", "expiry changed", "resource changed", "a real JWT", "empty"],
)
def test_bad_tokens(token: str) -> None:
    """A token that is not signed for what it says gains nothing."""
    claims = Claims(KEY, lambda: 100.0)
    assert _put(claims, token) == 401
    with pytest.raises(Refused):
        claims.require("orders")


def test_token_covers_its_resource_until_it_expires() -> None:
    """A good token opens its entity and what lies below, nothing else, and not for ever."""
    now = 100.0
    claims = Claims(KEY, lambda: now)
    assert _put(claims, _token()) == 202
    claims.require("orders")
    claims.require("orders/$deadletterqueue")
    with pytest.raises(Refused):
        claims.require("orders2")
    now = 201.0
    with pytest.raises(Refused):
        claims.require("orders")
