"""Which deployment is meant, and how to sign in there: options, environment, contexts, azd, the local stack.

It talks to nobody but the keyring and azure-identity, and to those only when a request is about to be sent.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from cli import azd
from cli.contexts import LOCAL, Context, load_contexts, local_endpoints
from cli.errors import Misused
from cli.keys import kept_key

KEY_VARIABLE, TOKEN_VARIABLE = "SPOKEWRIGHT_KEY", "SPOKEWRIGHT_TOKEN"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the person said on the command line; empty where nothing was said."""

    context: str = ""
    url: str = ""
    audience: str = ""

    def over(self, other: Chosen) -> Chosen:
        """Return this, with what is empty here taken from another."""
        return Chosen(self.context or other.context, self.url or other.url, self.audience or other.audience)


@dataclass(frozen=True, slots=True)
class Session:
    """A deployment that is meant: its context, the address of its API, and a key that came with it."""

    context: Context
    key: str = ""
    named: bool = False
    """Whether the context was meant by its name, so that the key kept for it may be sent."""
    token: str = ""
    """A token that came with it: the local stack's, where people sign in to it."""

    @property
    def api(self) -> str:
        """The address of the API, its scheme in small letters, ending with a slash."""
        url = urlsplit(self.context.url).geturl().rstrip("/")
        return f"{url}/" if url.endswith("/api") else f"{url}/api/"

    @property
    def is_local(self) -> bool:
        """Whether the API is on this machine."""
        return urlsplit(self.api).hostname in LOOPBACK

    def headers(self) -> dict[str, str]:
        """Return what signs a request in; raise Misused where there is nothing, or where it could be overheard."""
        if self.context.audience:
            signed = {"Authorization": f"Bearer {_token(self.context.audience)}"}
        elif token := os.environ.get(TOKEN_VARIABLE) or self.token:
            signed = {"Authorization": f"Bearer {token}"}
        elif key := self.key or (self.named and kept_key(self.context.name)) or os.environ.get(KEY_VARIABLE):
            signed = {"x-functions-key": key}
        else:
            return {}
        self._refuse_plain_text()
        return signed

    def _refuse_plain_text(self) -> None:
        if not self.api.startswith("https:") and not self.is_local:
            raise Misused(f"a key would go to {self.context.url} in plain text", "use the address that begins https://")


def open_session(chosen: Chosen) -> Session:
    """Return the deployment meant: `--url`, `--context`, SPOKEWRIGHT_URL, the current context, the local stack."""
    if chosen.url:
        return session_at(chosen.url, chosen)
    if chosen.context:
        return _named(chosen.context, chosen)
    if url := os.environ.get("SPOKEWRIGHT_URL"):
        return session_at(url, chosen)
    if name := os.environ.get("SPOKEWRIGHT_CONTEXT") or load_contexts().current:
        return _named(name, chosen)
    return _local(chosen)


def session_at(url: str, chosen: Chosen) -> Session:
    """Return the deployment at an address; raise Misused where that is none."""
    audience = chosen.audience or os.environ.get("SPOKEWRIGHT_AUDIENCE", "")
    return Session(Context(_host_in(url), url, audience))


def _host_in(url: str) -> str:
    """Return the host and port of an address; what is refused is not repeated, as it may hold a key."""
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and parts.hostname and not set("?#@\\") & set(url)
    except ValueError:
        plain = False
    if not plain:
        mend = "write it as https://NAME.azurewebsites.net, without a user, a query or a fragment"
        raise Misused("what was given is not the address of a function app", mend)
    return parts.netloc


def _named(name: str, chosen: Chosen) -> Session:
    known = azd.environments() | load_contexts().known
    if name in known:
        kept = known[name]
        checked = session_at(kept.url, Chosen(audience=chosen.audience or kept.audience)).context
        return Session(Context(name, kept.url, checked.audience, kept.service_bus), named=True)
    if name == LOCAL:
        return _local(chosen)
    there = ", ".join([*known, LOCAL])
    raise Misused(f"there is no context '{name}'", f"use one of {there}, or add it: `spokewright context --help`")


def _local(chosen: Chosen) -> Session:
    """Return the local stack; its key goes nowhere but to this machine, and no other key goes there."""
    told = local_endpoints()
    if told is None:
        raise Misused(
            "no deployment is chosen, and no local stack runs in this folder",
            "set SPOKEWRIGHT_URL, choose a context (`spokewright context --help`), or start it: `spokewright local up`",
        )
    if urlsplit(told["functions"]).hostname not in LOOPBACK:
        raise Misused(f"the local stack's address {told['functions']} is not local", "look at .local/endpoints.json")
    context = Context(LOCAL, told["functions"], chosen.audience, told.get("serviceBus", ""))
    return Session(context, told["functionKey"], token=told.get("accessToken", ""))


def _token(audience: str) -> str:
    """Return a token for the app, of whoever is signed in: az, azd, an environment's or a managed identity."""
    import logging  # noqa: PLC0415 - nothing else needs it

    from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415 - slow to load
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - same

    logging.getLogger("azure").setLevel(logging.CRITICAL)  # Its warnings would go to the terminal as they are.
    try:
        with DefaultAzureCredential() as credential:
            return str(credential.get_token(f"{audience.rstrip('/')}/.default").token)
    except ClientAuthenticationError as error:
        first = str(error).splitlines()[0]
        raise Misused(f"no token for {audience}: {first}", "sign in: `az login`, or use a function key") from None
