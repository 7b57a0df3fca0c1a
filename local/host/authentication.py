"""App Service Authentication on this machine, in front of everything: takes its headers out, and sets them itself.

Set to let unauthenticated requests through, as docs/how-to/access.md says: whether they may is the app's to judge. What
the platform really sends was read in its documentation and in public examples, and never seen.
"""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from local.host.tokens import Tokens

    Json = dict[str, Any]
    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ACCESS, ENABLED, TENANTS = "SPOKEWRIGHT_ACCESS", "WEBSITE_AUTH_ENABLED", "WEBSITE_AUTH_AAD_ALLOWED_TENANTS"
COOKIE = "AppServiceAuthSession"
LOGIN, LOGOUT, ME = "/.auth/login/aad", "/.auth/logout", "/.auth/me"
RETURN = "post_login_redirect_uri"
OURS = ("x-ms-client-principal", "x-ms-token-")
"""Beginnings of headers that no caller may set."""
LONG = {
    "oid": "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "tid": "http://schemas.microsoft.com/identity/claims/tenantid",
}
"""Claims that the platform gives other names."""
NAME = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"

PAGE = """<!doctype html><title>Sign in to the local stack</title>
<p>Here Entra ID would ask who you are. Paste a token: <code>python -m local token --role Reader</code></p>
<form method="post"><input type="hidden" name="{name}" value="{where}"><input name="token" autofocus size="80">
<button>Sign in</button></form>
"""


def settings_for(mode: str, tenant: str) -> dict[str, str]:
    """Return the app settings of a stack on which people sign in, or have a key."""
    return {ACCESS: mode, ENABLED: "True", TENANTS: tenant} if mode == "entra" else {ACCESS: mode}


def is_enabled(settings: Mapping[str, str]) -> bool:
    """Say whether the app settings turn it on; in Azure the platform sets this one by itself."""
    return settings.get(ENABLED, "").lower() in ("true", "1")


class Authentication:
    """Signs callers in by a token or a session cookie, and tells the app who they are."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def middleware(self) -> Any:
        """Return what aiohttp lets every request go through."""

        @web.middleware
        async def sign_in(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith("/.auth/"):
                return await self._door(request)
            headers = [each for each in request.headers.items() if not each[0].lower().startswith(OURS)]
            given = _given(request)
            claims = self._tokens.read(given) if given else None
            if given and claims is None:
                return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
            if claims is not None:
                headers += principal_headers(claims).items()
            return await handler(request.clone(headers=headers))

        return sign_in

    async def _door(self, request: web.Request) -> web.StreamResponse:
        """Serve the platform's own paths: signing in and out, and who one is."""
        if request.path == LOGOUT:
            gone = web.Response(status=302, headers={"Location": "/api/"})
            gone.del_cookie(COOKIE)
            return gone
        if request.path == ME:
            claims = self._tokens.read(_given(request) or "")
            return web.json_response([] if claims is None else [{"provider_name": "aad", "user_claims": claims}])
        if request.path != LOGIN:
            return web.Response(status=404)
        if request.method == "POST":
            return self._signed_in(await request.post())
        where = html.escape(request.query.get(RETURN, "/api/"))
        return web.Response(text=PAGE.format(name=RETURN, where=where), content_type="text/html")

    def _signed_in(self, form: Mapping[str, Any]) -> web.Response:
        token, where = str(form.get("token", "")).strip(), str(form.get(RETURN, "/api/"))
        if self._tokens.read(token) is None:
            return web.Response(status=401, text="That is no token of this local stack.")
        local = where.startswith("/") and not where.startswith(("//", "/\\"))
        done = web.Response(status=302, headers={"Location": where if local else "/api/"})
        # No SameSite: what the app has to stand is a cookie that other sites' pages send along.
        done.set_cookie(COOKIE, token, httponly=True)
        return done


def _given(request: web.Request) -> str | None:
    """Return the token that a request carries: as a bearer, else in the session's cookie."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE)


def principal_headers(claims: Json) -> dict[str, str]:
    """Return the headers that tell the app who somebody is."""
    listed = [
        {"typ": LONG.get(name, name), "val": str(one)}
        for name, value in claims.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    body = {"auth_typ": "aad", "claims": listed, "name_typ": NAME, "role_typ": ROLE}
    return {
        "X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(body).encode()).decode(),
        "X-MS-CLIENT-PRINCIPAL-ID": str(claims.get("oid", "")),
        "X-MS-CLIENT-PRINCIPAL-NAME": str(claims.get("name", "")),
        "X-MS-CLIENT-PRINCIPAL-IDP": "aad",
    }
