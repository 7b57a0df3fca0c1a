"""Managed identity tokens: what App Service's endpoint hands out, and what Azure's doors accept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.simulator.answer import ArmError, Caller
from local.simulator.principals import Principal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.simulator.resource import Json

_LIFETIME = 86_400


@dataclass(frozen=True, slots=True)
class Identity:
    """The owner of this Azure, and the key that signs everybody's tokens."""

    tenant_id: str
    object_id: str
    app_id: str
    key: str
    header: str

    @property
    def owner(self) -> Principal:
        """Who may do everything."""
        return Principal("owner", self.object_id, self.app_id)

    def token(self, audience: str, now: float, principal: Principal | None = None) -> tuple[str, int]:
        """Make an access token, the owner's or another principal's, and tell when it expires.

        In real POSIX seconds: clients cache by real time.
        """
        who = principal or self.owner
        expires = int(now) + _LIFETIME
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self.tenant_id}/",
            "iat": int(now),
            "nbf": int(now) - 300,
            "exp": expires,
            "appid": who.app_id,
            "idtyp": "app",
            "oid": who.object_id,
            "sub": who.object_id,
            "tid": self.tenant_id,
            "xms_mirid": "/subscriptions/simulated/providers/Microsoft.Web/sites/spokewright",
            "ver": "1.0",
        }
        signed = f"{_encode({'typ': 'JWT', 'alg': 'HS256'})}.{_encode(claims)}"
        return f"{signed}.{self._sign(signed)}", expires

    def caller(self, headers: Mapping[str, str], now: float, *, audience: str = "") -> Caller:
        """Read who sends a request; refuse what carries no valid token, or one for another audience where given."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise self._unauthenticated("AuthenticationFailed", "The 'Authorization' header is missing.")
        signed, _, signature = token.strip().rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(signed).encode()):
            raise self._unauthenticated("InvalidAuthenticationToken", "The access token is invalid.")
        claims = json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))
        if claims["exp"] < now:
            raise self._unauthenticated(
                "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than now."
            )
        if audience and claims["aud"].rstrip("/") != audience:
            message = f"The access token is for the audience '{claims['aud']}', '{audience}' is expected."
            raise self._unauthenticated("InvalidAuthenticationTokenAudience", message)
        return Caller(claims["oid"], claims["appid"], claims["tid"])

    def answer(
        self,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        now: float,
        find: Callable[[str], Principal | None],
    ) -> tuple[int, Json]:
        """Serve App Service's endpoint: `?resource=&api-version=2019-08-01&client_id=` with X-IDENTITY-HEADER.

        `find` gives the user-assigned identity of a client id; who names none is the owner.
        """
        if not hmac.compare_digest(headers.get("x-identity-header", "").encode(), self.header.encode()):
            return 401, {"statusCode": 401, "message": "The X-IDENTITY-HEADER does not match."}
        resource = query.get("resource")
        if not resource:
            return 400, {"statusCode": 400, "message": "The resource query parameter is required."}
        named = query.get("client_id", "")
        principal = find(named) if named else self.owner
        if principal is None:
            why = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
            return 400, {"statusCode": 400, "message": why}
        token, expires = self.token(resource, now, principal)
        return 200, {
            "access_token": token,
            "expires_on": str(expires),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": principal.app_id,
        }

    def _sign(self, signed: str) -> str:
        digest = hmac.new(self.key.encode(), signed.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def _unauthenticated(self, code: str, message: str) -> ArmError:
        challenge = (
            f'Bearer authorization_uri="https://login.windows.net/{self.tenant_id}", error="invalid_token", '
            f'error_description="{message}"'
        )
        return ArmError(401, code, f"Authentication failed. {message}", headers={"www-authenticate": challenge})


def _encode(document: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")
