"""Reads whom App Service Authentication signed in, from the headers that it sets. It trusts nothing else in a request.

The headers may be believed only where the platform takes them out of what callers send (`Access.principals`). Even
then all that is odd is refused: what is not understood is nobody.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from orchestration.access.caller import Caller
from orchestration.access.roles import Role
from shared.model.errors import Unauthenticated

PRINCIPAL = "X-MS-CLIENT-PRINCIPAL"
ID, NAME, PROVIDER = f"{PRINCIPAL}-ID", f"{PRINCIPAL}-NAME", f"{PRINCIPAL}-IDP"
ENTRA = "aad"

LARGEST = 64 * 1024
"""Characters of the header: two hundred groups, the most that a token names, take some 25,000."""
MOST_CLAIMS = 1000
LONGEST_NAME = 200

OBJECT = ("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid")
TENANT = ("http://schemas.microsoft.com/identity/claims/tenantid", "tid")
ROLES = ("roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role")
GROUPS = ("groups", "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups")
NAMES = ("name", "preferred_username", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", "upn", "appid")
LEFT_OUT = ("hasgroups", "_claim_names")
"""A token with more groups than it may hold has one of these instead."""

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters and halves of characters: they would forge lines of a log, or fail the store."""

Claims = list[tuple[str, str]]


def read(headers: Mapping[str, str], tenants: Collection[str]) -> Caller | None:
    """Return whom the headers name; None where they name nobody; raise Unauthenticated where they are not right.

    `tenants`: those that may sign in, in lower case; empty: the platform alone decides.
    """
    header = headers.get(PRINCIPAL)
    if header is None:
        if headers.get(ID) is not None:
            raise _refused(f"{ID} came without {PRINCIPAL}")
        return None
    body = _decoded(header)
    if body.get("auth_typ") != ENTRA or headers.get(PROVIDER, ENTRA) != ENTRA:
        raise _refused("it is not of Entra ID")
    claims = _claims(body)
    id_ = _one(claims, OBJECT, "object id")
    if (headers.get(ID) or "").lower() != id_:
        raise _refused(f"{ID} is not the object id that the token has")
    if tenants and _one(claims, TENANT, "tenant") not in tenants:
        raise _refused("its tenant may not sign in here")
    return Caller(
        id_,
        _name(body, claims, headers.get(NAME) or "") or id_,
        verified=True,
        roles=_roles(body, claims),
        groups=frozenset(value.lower() for value in _values(claims, GROUPS) if GUID.fullmatch(value)),
        groups_left_out=any(type_ in LEFT_OUT for type_, _ in claims),
    )


def _decoded(header: str) -> dict[str, Any]:
    """Return the JSON object in the header. Two headers were joined by a comma, which base64 does not have."""
    if len(header) > LARGEST:
        raise _refused(f"it has {len(header):,} characters, and {LARGEST:,} are read")
    try:
        body = json.loads(base64.b64decode(header.encode("ascii"), validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise _refused("it is not JSON in base64, or there are several") from None
    if not isinstance(body, dict):
        raise _refused("it is not an object")
    return body


def _claims(body: dict[str, Any]) -> Claims:
    """Return type and value of every claim that has text for both; what is no claim at all is refused."""
    claims = body.get("claims")
    if not isinstance(claims, list) or len(claims) > MOST_CLAIMS:
        raise _refused(f"it has no list of at most {MOST_CLAIMS:,} claims")
    if not all(isinstance(claim, dict) and isinstance(claim.get("typ"), str) for claim in claims):
        raise _refused("one of its claims is none")
    return [(claim["typ"], claim["val"]) for claim in claims if isinstance(claim.get("val"), str)]


def _values(claims: Claims, types: Collection[str]) -> list[str]:
    return [value for type_, value in claims if type_ in types]


def _one(claims: Claims, types: Collection[str], what: str) -> str:
    """Return the one id that the claims of these types have, in lower case."""
    found = {value.lower() for value in _values(claims, types)}
    if len(found) != 1 or not GUID.fullmatch(next(iter(found))):
        raise _refused(f"it has not exactly one {what}")
    return found.pop()


def _roles(body: dict[str, Any], claims: Claims) -> frozenset[Role]:
    """Return the app roles: under the type that the header names, and under those that Entra ID uses."""
    named = body.get("role_typ")
    types = {*ROLES, named} if isinstance(named, str) and named else {*ROLES}
    known = {role.value: role for role in Role}
    return frozenset(known[value] for value in _values(claims, types) if value in known)


def _name(body: dict[str, Any], claims: Claims, header: str) -> str:
    """Return what a person is called, for people to read: nothing is decided by it."""
    named = body.get("name_typ")
    types = (named, *NAMES) if isinstance(named, str) else NAMES
    found = [value for type_ in types for value in _values(claims, (type_,))]
    return UNSHOWN.sub("", next((text for text in (header, *found) if text.strip()), ""))[:LONGEST_NAME].strip()


def _refused(why: str) -> Unauthenticated:
    """Return the refusal; it repeats nothing of the header, which whoever sent it knows."""
    message = f"who signed in cannot be told from {PRINCIPAL}: {why}; sign in again"
    return Unauthenticated(message, code="PrincipalRefused")
