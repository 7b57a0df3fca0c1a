"""The `$cbs` node: a connection shows SAS tokens, and with them gains entities.

A shared access signature is verified as Service Bus does: HMAC-SHA256 with the key over the resource and the
expiry. Microsoft Entra tokens cannot be verified here and are refused. There is one key with all rights.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from local.broker import codec
from local.broker.entities import entity_path
from local.broker.messages import Reply, Request
from local.broker.refusal import UNAUTHORIZED, Malformed, Refused

_SCHEME = "SharedAccessSignature "


@dataclass(frozen=True, slots=True)
class AccessKey:
    """The namespace's shared access key."""

    name: str
    value: str

    def signature(self, resource: str, expiry: str) -> str:
        """The signature over a URL-encoded resource and an expiry."""
        digest = hmac.new(self.value.encode(), f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()


@dataclass(slots=True)
class Claims:
    """What one connection may reach, and until when (seconds since the epoch)."""

    key: AccessKey
    clock: Callable[[], float]
    _granted: dict[str, int] = field(default_factory=dict)

    def answer(self, request: Request) -> Reply:
        """Handle a put-token request."""
        try:
            self._put(request)
        except Refused as refusal:
            return Reply({"status-code": codec.integer(401), "status-description": refusal.description}, None)
        return Reply({"status-code": codec.integer(202), "status-description": "Accepted"}, None)

    def require(self, path: str) -> None:
        """Refuse an entity that no valid token covers."""
        now = self.clock()
        covered = any(
            expiry > now and (not scope or path == scope or path.startswith(f"{scope}/"))
            for scope, expiry in self._granted.items()
        )
        if not covered:
            raise Refused(UNAUTHORIZED, f"Unauthorized access: no valid token was put for '{path}'.")

    def _put(self, request: Request) -> None:
        # The declared type tells nothing: the SDK calls a shared access signature `jwt`. The token itself does.
        try:
            token = codec.text(request.value)
        except Malformed as problem:
            raise Refused(UNAUTHORIZED, "MalformedToken: The token is not a string.") from problem
        resource, expiry = self._verify(token)
        self._granted[entity_path(resource)] = expiry

    def _verify(self, token: str) -> tuple[str, int]:
        """The resource a token is for, and its expiry."""
        fields = dict(part.partition("=")[::2] for part in token.removeprefix(_SCHEME).split("&"))
        encoded, expiry = fields.get("sr", ""), fields.get("se", "")
        if not token.startswith(_SCHEME) or not expiry.isdecimal():
            raise Refused(UNAUTHORIZED, "MalformedToken: Only shared access signatures are served here.")
        expected = self.key.signature(encoded, expiry)
        named = unquote_plus(fields.get("skn", "")) == self.key.name
        if not named or not hmac.compare_digest(unquote_plus(fields.get("sig", "")).encode(), expected.encode()):
            raise Refused(UNAUTHORIZED, "InvalidSignature: The token has an invalid signature.")
        if int(expiry) <= self.clock():
            raise Refused(UNAUTHORIZED, "ExpiredToken: The token is expired.")
        return unquote_plus(encoded), int(expiry)
