"""HTTP triggers: matches the route, checks the key, calls the function, answers as Azure does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web
from azure.functions.meta import Datum

from local.host.invocation import decode, encode
from local.host.keys import key_of
from local.host.routes import match_route, parse_route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.host.indexing import Function
    from local.host.invocation import Invoker
    from local.host.keys import Keys

_ALL_METHODS = ("GET", "POST", "DELETE", "HEAD", "PATCH", "PUT", "OPTIONS")


class HttpTrigger:
    """Serves the HTTP functions of an app under the route prefix."""

    def __init__(self, functions: Mapping[str, Function], prefix: str, keys: Keys, invoker: Invoker) -> None:
        self._functions = functions
        self._keys = keys
        self._invoker = invoker
        self._routes = {
            name: parse_route(f"{prefix}/{_route(function)}", _methods(function))
            for name, function in functions.items()
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request; a method that a route does not have is not found, as in Azure."""
        name, parameters = match_route(self._routes, request.method, request.path)
        if name is None:
            return web.Response(status=404)
        function = self._functions[name]
        level = str(function.settings.get("authLevel") or "FUNCTION").upper()
        if not self._keys.opens_function(level, key_of(request.headers, request.query)):
            return web.Response(status=401)
        value = decode("httpTrigger", await _datum(request, parameters), "http")
        try:
            return _response(await self._invoker.invoke(function, value))
        except Exception:  # noqa: BLE001 - the invoker has logged it; the caller learns no more
            return web.Response(status=500)


def _route(function: Function) -> str:
    """Return a function's route; an empty one is the function's name, as in Azure (Azure/Azure-Functions#2473)."""
    return str(function.settings.get("route") or "").strip("/") or function.name


def _methods(function: Function) -> tuple[str, ...]:
    return tuple(str(getattr(method, "value", method)) for method in function.settings.get("methods") or _ALL_METHODS)


async def _datum(request: web.Request, parameters: Mapping[str, str]) -> dict[str, Any]:
    def texts(pairs: Any) -> dict[str, Datum]:
        joined: dict[str, str] = {}
        for name, value in pairs:
            joined[name] = f"{joined[name]},{value}" if name in joined else value
        return {name: Datum(value, "string") for name, value in joined.items()}

    return {
        "method": Datum(request.method, "string"),
        "url": Datum(str(request.url), "string"),
        "headers": texts(request.headers.items()),
        "query": texts(request.query.items()),
        "params": texts(parameters.items()),
        "body": Datum(await request.read(), "bytes"),
    }


def _response(returned: Any) -> web.Response:
    if returned is None:
        return web.Response(status=204)
    encoded = encode("http", returned)
    if encoded.type == "string":
        return web.Response(text=encoded.value)
    parts = encoded.value
    response = web.Response(status=int(parts["status_code"].value), body=parts["body"].value)
    response.headers.update({name: datum.value for name, datum in parts["headers"].items()})
    for cookies in parts["cookies"] or ():
        for cookie in cookies.values():
            response.headers.add("Set-Cookie", cookie.OutputString())
    return response
