"""What the hub's machines have to reach through the firewall, as data: rules are made from it.

Kubernetes' dl.k8s.io answers by itself since February 2026, when its second name (cdn.dl.k8s.io) went away. GitHub
sends who downloads a release on to another name; there were two of them over the years [?]. The archives of Ubuntu's
images in Azure speak plain HTTP, and apt checks their signatures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Machine = Literal["forwarder", "jump-server"]

HTTP: Literal[80] = 80
HTTPS: Literal[443] = 443


@dataclass(frozen=True, slots=True)
class Egress:
    """Names that machines reach on one port, and what for."""

    name: str
    fqdns: tuple[str, ...]
    port: Literal[80, 443]
    machines: tuple[Machine, ...]
    purpose: str


EGRESS = (
    Egress(
        "machine-packages",
        ("azure.archive.ubuntu.com", "archive.ubuntu.com", "security.ubuntu.com"),
        HTTP,
        ("forwarder", "jump-server"),
        "packages and security updates of Ubuntu",
    ),
    Egress("machine-kubectl", ("dl.k8s.io",), HTTPS, ("jump-server",), "kubectl"),
    Egress(
        "machine-kubelogin",
        ("github.com", "release-assets.githubusercontent.com", "objects.githubusercontent.com"),
        HTTPS,
        ("jump-server",),
        "kubelogin, from its releases on GitHub",
    ),
    Egress(
        "machine-sign-in",
        ("login.microsoftonline.com", "packages.microsoft.com", "pas.windows.net"),
        HTTPS,
        ("jump-server",),
        "signing in by Entra ID: kubelogin, and the extension AADSSHLoginForLinux with its packages [?]",
    ),
)
