"""Where Azure Resource Manager is."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ArmSettings:
    """Where Azure Resource Manager is; `ca_bundle` is for the local stack's certificate."""

    endpoint: str = "https://management.azure.com"
    ca_bundle: str | None = None

    @property
    def base_url(self) -> str:
        """The endpoint as clients want it: without a trailing slash."""
        return self.endpoint.rstrip("/")

    @property
    def token_scope(self) -> str:
        """The scope of the access tokens that the endpoint takes."""
        return f"{self.base_url}/.default"

    def serves(self, url: str) -> bool:
        """Say whether a URL is on the endpoint: the only place where our token may go."""
        return _origin(url) == _origin(self.endpoint)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or 443
