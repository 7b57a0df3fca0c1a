"""Tries to be somebody else: whether a deployment believes headers that only Azure's sign-in may set.

It sends nothing that is secret, and changes nothing: a read, as an administrator that nobody made.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from cli.client import Api
from cli.errors import ApiError, CommandError
from cli.session import Session

if TYPE_CHECKING:
    from cli.contexts import Context

SOMEBODY = "f0f0f0f0-0000-4000-8000-00000000f0f0"
CLAIMS = {
    "http://schemas.microsoft.com/identity/claims/objectidentifier": SOMEBODY,
    "http://schemas.microsoft.com/identity/claims/tenantid": SOMEBODY,
    "name": "forged by spokewright context check",
    "roles": "Admin",
}
PRINCIPAL = {
    "auth_typ": "aad",
    "name_typ": "name",
    "role_typ": "roles",
    "claims": [{"typ": name, "val": value} for name, value in CLAIMS.items()],
}
NAME = "X-MS-CLIENT-PRINCIPAL"
HEADERS = {
    NAME: base64.b64encode(json.dumps(PRINCIPAL).encode()).decode(),
    f"{NAME}-ID": SOMEBODY,
    f"{NAME}-NAME": CLAIMS["name"],
    f"{NAME}-IDP": "aad",
}
ARRIVED = "PrincipalRefused"
"""The code with which the app refuses a principal that it saw, and that is not right."""
DANGER = "set SPOKEWRIGHT_ACCESS to keys now, and see why App Service Authentication does not take headers out"


class Forged(Session):
    """A session that signs nobody in, and claims to be somebody."""

    def headers(self) -> dict[str, str]:
        """Return headers that only the platform may set."""
        return dict(HEADERS)


def check(context: Context) -> str:
    """Return how the deployment kept a forged administrator out; raise CommandError where it did not."""
    try:
        with Api(Forged(context)) as api:
            api.get("hubs", {"limit": 1})
    except ApiError as error:
        if error.status == 401 and error.reason != ARRIVED:  # noqa: PLR2004 - HTTP's own number
            return error.reason or "the platform refused it"
        if error.reason != ARRIVED and error.status != 403:  # noqa: PLR2004 - as above
            raise
        what = "forged headers arrive at the app: with the right tenant in them anybody may be anybody"
        raise CommandError(what, DANGER) from None
    raise CommandError("an administrator that nobody made was let in", DANGER)
