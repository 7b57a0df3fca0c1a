"""The jump server: what the proof needs (nslookup, dig, nc), and what people need (kubectl, kubelogin)."""

from __future__ import annotations

import re

from shared.model.errors import Invalid, Problem
from shared.plan.cloud_init.document import cloud_config
from shared.plan.cloud_init.egress import EGRESS, Egress
from shared.plan.cloud_init.installing import START, installing
from shared.plan.cloud_init.kubectl import INSTALL_KUBECTL, INSTALL_KUBELOGIN, SCRIPTS
from shared.plan.cloud_init.patching import patching

__all__ = ["EGRESS", "Egress", "jump_server"]

PACKAGES = ("bind9-dnsutils", "netcat-openbsd", "curl", "ca-certificates", "unzip")

_MINOR = re.compile(r"1\.[0-9]{1,3}")


def jump_server(minors: tuple[str, ...], *, reboot_hour: int = 3) -> str:
    """Return the cloud-config of a jump server with kubectl for these minor versions of Kubernetes, such as 1.33."""
    wrong = [minor for minor in minors if not _MINOR.fullmatch(minor)]
    if wrong:
        raise Invalid([Problem("$.kubernetesVersions", f"'{wrong[0][:20]}' is not a minor version, such as 1.33")])
    further = [f"{INSTALL_KUBECTL} {minor}" for minor in dict.fromkeys(minors)]
    files = (*SCRIPTS, *patching(reboot_hour), *installing(PACKAGES, (*further, INSTALL_KUBELOGIN)))
    commands = (*START, ("systemctl", "restart", "apt-daily-upgrade.timer"))
    return cloud_config("Spokewright: the jump server of the hub", files, commands)
