"""The public internet as far as a private cluster meets it: which names exist, where, and under which service tag.

Addresses are made up but stable; they lie in a range that Azure uses, so that no private prefix covers them.
"""

from __future__ import annotations

import hashlib
from ipaddress import IPv4Address

# What a node needs before it can register, with the port; from Microsoft's list of required egress of AKS.
REQUIRED_BY_AKS = (
    ("mcr.microsoft.com", 443),
    ("westeurope.data.mcr.microsoft.com", 443),
    ("mcr-0001.mcr-msedge.net", 443),
    ("management.azure.com", 443),
    ("login.microsoftonline.com", 443),
    ("packages.microsoft.com", 443),
    ("packages.aks.azure.com", 443),
    ("acs-mirror.azureedge.net", 443),
)

# The service tags whose prefixes hold a name, by the name's suffix; the first match counts.
_TAGS = (
    ("azurecr.io", ("AzureContainerRegistry",)),
    ("mcr.microsoft.com", ("MicrosoftContainerRegistry", "AzureFrontDoor.FirstParty")),
    ("mcr-msedge.net", ("MicrosoftContainerRegistry", "AzureFrontDoor.FirstParty")),
    ("management.azure.com", ("AzureResourceManager",)),
    ("login.microsoftonline.com", ("AzureActiveDirectory",)),
    ("monitor.azure.com", ("AzureMonitor",)),
    ("ods.opinsights.azure.com", ("AzureMonitor",)),
    ("vault.azure.net", ("AzureKeyVault",)),
    ("blob.core.windows.net", ("Storage",)),
    ("azmk8s.io", ()),
)
_SUFFIXES = (
    "azure.com",
    "azure.net",
    "azurecr.io",
    "azureedge.net",
    "microsoft.com",
    "microsoftonline.com",
    "mcr-msedge.net",
    "msedge.net",
    "windows.net",
    "ubuntu.com",
    "debian.org",
    "docker.io",
    "github.com",
    "githubusercontent.com",
    "k8s.io",
    "kubernetes.io",
    "example.com",
)
_MICROSOFT = ("azure.com", "azure.net", "azurecr.io", "azureedge.net", "windows.net", "microsoftonline.com")
_BASE = int(IPv4Address("20.50.0.0"))


def exists(name: str) -> bool:
    """Say whether public DNS knows a name."""
    return _under(name, _SUFFIXES)


def address_of(name: str) -> IPv4Address:
    """Give the address of a public name, always the same one."""
    digest = hashlib.sha256(name.lower().encode()).digest()
    return IPv4Address(_BASE + int.from_bytes(digest[:2]) * 8 + digest[2] % 8)


def service_tags(name: str) -> frozenset[str]:
    """Name the service tags that hold a public name."""
    for suffix, tags in _TAGS:
        if _under(name, (suffix,)):
            return frozenset((*tags, "AzureCloud"))
    return frozenset({"AzureCloud"}) if _under(name, _MICROSOFT) else frozenset()


def _under(name: str, suffixes: tuple[str, ...]) -> bool:
    name = name.lower().rstrip(".")
    return any(name == suffix or name.endswith("." + suffix) for suffix in suffixes)
