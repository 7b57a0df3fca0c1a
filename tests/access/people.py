"""People as App Service Authentication tells of them: claims as public examples show them, and the headers of these."""

from __future__ import annotations

import base64
import json
from typing import Any

Json = dict[str, Any]

TENANT = "7e000000-0000-4000-8000-000000000001"
ANN, BOB = "a0000000-0000-4000-8000-00000000000a", "b0000000-0000-4000-8000-00000000000b"
OBJECT = "http://schemas.microsoft.com/identity/claims/objectidentifier"
TENANT_CLAIM = "http://schemas.microsoft.com/identity/claims/tenantid"
ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
MAIL = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"


def claim(type_: str, value: Any) -> Json:
    """Return one claim."""
    return {"typ": type_, "val": value}


def person(*roles: str, oid: str = ANN, name: str = "Ann", tenant: str = TENANT, groups: tuple[str, ...] = ()) -> Json:
    """Return what the header tells of somebody."""
    claims = [
        claim("aud", "11111111-0000-4000-8000-000000000000"),
        claim(OBJECT, oid),
        claim(TENANT_CLAIM, tenant),
        claim("name", name),
        *(claim("groups", group) for group in groups),
        *(claim("roles", role) for role in roles),
    ]
    return {"auth_typ": "aad", "claims": claims, "name_typ": MAIL, "role_typ": ROLE}


def encoded(body: Any) -> str:
    """Return the header of a principal."""
    return base64.b64encode(json.dumps(body).encode()).decode()


def headers_of(body: Json, **changed: str) -> dict[str, str]:
    """Return every header that the platform sets for somebody; `changed` by the last part of its name."""
    found = {each["typ"]: str(each.get("val")) for each in body["claims"]}
    told = {
        "": encoded(body),
        "-ID": found.get(OBJECT, ""),
        "-NAME": found.get("name", ""),
        "-IDP": "aad",
        **{f"-{part}": value for part, value in changed.items()},
    }
    return {f"X-MS-CLIENT-PRINCIPAL{part}": value for part, value in told.items()}
