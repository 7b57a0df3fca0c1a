"""Where Azure Resource Manager is and how it is trusted. Data only: whoever builds it reads the environment."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ArmSettings:
    """One Azure cloud: its endpoint, and a certificate bundle where the system's does not do (the local stack)."""

    endpoint: str = "https://management.azure.com"
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        if urlsplit(self.endpoint).scheme != "https":
            raise ValueError(f"the endpoint of Azure Resource Manager has to be https, not {self.endpoint}")

    @property
    def base_url(self) -> str:
        """The endpoint without a trailing slash."""
        return self.endpoint.rstrip("/")

    @property
    def scope(self) -> str:
        """The scope of the access tokens that the endpoint takes."""
        return f"{self.base_url}/.default"
