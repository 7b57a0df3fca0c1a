"""What a private cluster has to reach through the firewall, as versioned data.

Source: Azure's page on outbound network and FQDN rules for AKS clusters, as distilled in docs/reference/rule-packs.md
(read 2026-11). A rule that only old or public clusters need (NTP, UDP 1194, TCP 9000) is left out on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

HTTP = ("Http", 80)
HTTPS = ("Https", 443)


@dataclass(frozen=True, slots=True)
class Network:
    """A network rule: destinations are addresses, prefixes or service tags."""

    name: str
    destinations: tuple[str, ...]
    ports: tuple[str, ...]
    protocols: tuple[str, ...] = ("TCP",)
    sources: tuple[str, ...] = ()
    fqdns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """An application rule: names or FQDN tags over HTTP and HTTPS."""

    name: str
    fqdns: tuple[str, ...] = ()
    fqdn_tags: tuple[str, ...] = ()
    protocols: tuple[tuple[str, int], ...] = (HTTPS,)
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RulePack:
    """A named set of rules; `version` changes when a rule does."""

    name: str
    version: str
    network: tuple[Network, ...]
    application: tuple[Application, ...]


AKS_TAG = Application("aks-tag", fqdn_tags=("AzureKubernetesService",), protocols=(HTTP, HTTPS))

# The FQDN tag has leaked before (names missing for days), so the names stand beside it.
AKS_NAMES = Application(
    "aks-names",
    fqdns=(
        "mcr.microsoft.com",
        "*.data.mcr.microsoft.com",
        "mcr-0001.mcr-msedge.net",
        "management.azure.com",
        "login.microsoftonline.com",
        "packages.microsoft.com",
        "packages.aks.azure.com",
        "acs-mirror.azureedge.net",
    ),
)
UBUNTU_HTTP = Application(
    "operating-system-updates",
    fqdns=("security.ubuntu.com", "azure.archive.ubuntu.com", "changelogs.ubuntu.com"),
    protocols=(HTTP,),
)
UBUNTU_HTTPS = Application("operating-system-snapshots", fqdns=("snapshot.ubuntu.com",))

# Opens every registry in Azure, not only ours: the strict pack leaves it out, for a registry's private endpoint.
REGISTRIES = Network("azure-container-registry", ("AzureContainerRegistry",), ("443",))

PACKS = {
    pack.name: pack
    for pack in (
        RulePack("aks-private", "2026-11", (REGISTRIES,), (AKS_TAG, AKS_NAMES, UBUNTU_HTTP, UBUNTU_HTTPS)),
        RulePack("aks-private-strict", "2026-11", (), (AKS_TAG, AKS_NAMES, UBUNTU_HTTP, UBUNTU_HTTPS)),
    )
}
