"""App Service Authentication as the host plays it: what callers forge never arrives, and who signed in does."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from local.host.authentication import COOKIE, LOGIN, LOGOUT, ME, principal_headers
from local.host.tokens import FILE, PEOPLE, TENANT, Tokens
from orchestration.access import principal
from tests.host.running import Running, running

OTHERS = "7e000000-0000-4000-8000-000000000001"
SETTINGS = {"ORDERS_SCHEDULE": "0 0 0 1 1 *", "WEBSITE_AUTH_ENABLED": "True"}
FORGED = {
    "X-MS-CLIENT-PRINCIPAL": base64.b64encode(b'{"auth_typ": "aad", "claims": []}').decode(),
    "x-ms-client-principal-id": "a0000000-0000-4000-8000-00000000000a",
    "X-Ms-Client-Principal-Name": "boss",
    "X-MS-CLIENT-PRINCIPAL-IDP": "aad",
    "X-MS-TOKEN-AAD-ID-TOKEN": "token",
}


async def seen(host: Running, **headers: str) -> dict[str, str]:
    """Return the headers of the platform that arrive at a function, by their names in lower case."""
    status, body, _ = await host.call("GET", "/api/headers", headers=headers)
    assert status == 200, body
    arrived = {name.lower(): value for name, value in json.loads(body)["headers"].items()}
    return {name: value for name, value in arrived.items() if name.startswith("x-ms-")}


def bearer(token: str) -> dict[str, str]:
    """Return the header of a token."""
    return {"Authorization": f"Bearer {token}"}


async def test_forged_headers_do_not_arrive(tmp_path: Path) -> None:
    """Whatever a caller says of themselves is taken out; where the platform signs nobody in it arrives as it is."""
    async with running(tmp_path / "on", settings=SETTINGS) as host:
        assert await seen(host, **FORGED) == {}
    async with running(tmp_path / "off") as host:
        assert set(await seen(host, **FORGED)) == {name.lower() for name in FORGED}
        assert host.host.endpoints["tokens"] == {}


async def test_who_signed_in_arrives(tmp_path: Path) -> None:
    """A token becomes the platform's headers, which the app's own reader takes, whatever was forged beside it."""
    settings = SETTINGS | {"WEBSITE_AUTH_AAD_ALLOWED_TENANTS": f"{OTHERS},{TENANT}"}
    async with running(tmp_path, settings=settings) as host:
        tokens = host.host.endpoints["tokens"]
        assert tokens.keys() == PEOPLE.keys()
        for name, roles in PEOPLE.items():
            arrived = await seen(host, **FORGED, **bearer(tokens[name]))
            caller = principal.read({key.upper(): value for key, value in arrived.items()}, {OTHERS})
            assert caller is not None
            assert (caller.name, sorted(caller.roles)) == (name, sorted(roles))
        assert "x-ms-token-aad-id-token" not in arrived


async def test_a_body_passes(tmp_path: Path) -> None:
    """Signing in leaves the rest of a request as it is."""
    async with running(tmp_path, settings=SETTINGS) as host:
        headers = bearer(host.host.endpoints["tokens"]["Admin"])
        _, body, _ = await host.call("POST", "/api/headers", headers=headers, data=b"as it is")
        assert json.loads(body)["body"] == "as it is"


@pytest.mark.parametrize("token", ["x", "x.y", "", "e30.", "é"])
async def test_a_token_that_is_none(tmp_path: Path, token: str) -> None:
    """The platform refuses it by itself; without any the app decides."""
    async with running(tmp_path, settings=SETTINGS) as host:
        status, body, headers = await host.call("GET", "/api/headers", headers=bearer(token))
        if not token:
            assert status == 200
            return
        assert (status, body, headers["WWW-Authenticate"]) == (401, "", "Bearer")
        stranger = Tokens("another key", TENANT).make("boss", ("Admin",))
        assert (await host.call("GET", "/api/headers", headers=bearer(stranger)))[0] == 401


async def test_a_browser_signs_in_and_out(tmp_path: Path) -> None:
    """By a page that wants a token and sets a cookie; it leads back to this host and nowhere else."""
    async with running(tmp_path, settings=SETTINGS) as host:
        token = host.host.endpoints["tokens"]["Reader"]
        _, page, _ = await host.call("GET", f'{LOGIN}?post_login_redirect_uri=/api/"><b>')
        assert "<b>" not in page
        assert (await host.call("POST", LOGIN, data={"token": "wrong"}))[0] == 401
        for where, leads in (("/api/#/x", "/api/#/x"), ("https://else.example", "/api/"), ("//else.example", "/api/")):
            form = {"token": token, "post_login_redirect_uri": where}
            status, _, headers = await host.call("POST", LOGIN, data=form, allow_redirects=False)
            assert (status, headers["Location"]) == (302, leads)
            assert COOKIE in headers["Set-Cookie"]
        cookie = {"Cookie": f"{COOKIE}={token}"}
        assert (await seen(host, **cookie))["x-ms-client-principal-name"] == "Reader"
        assert json.loads((await host.call("GET", ME, headers=cookie))[1])[0]["user_claims"]["name"] == "Reader"
        _, _, headers = await host.call("GET", LOGOUT, allow_redirects=False)
        assert "Max-Age=0" in headers["Set-Cookie"]


def test_tokens_outlive_a_restart(tmp_path: Path) -> None:
    """The key is kept for this person alone; the same name is the same person."""
    first, second = Tokens.load(tmp_path), Tokens.load(tmp_path)
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    claims: Any = second.read(first.make("ann", ("Reader",), ("g",)))
    assert claims == first.read(second.make("ann", ("Reader",), ("g",)))
    assert principal_headers(claims)["X-MS-CLIENT-PRINCIPAL-ID"] == claims["oid"]
