"""The hub's firewall as a diagnosis looks at it: where it is, whether it runs, and whether it answers DNS."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from shared.plan import words
from shared.plan.diagnosis import bodies
from shared.plan.diagnosis.link import BrokenLink, Diagnosis
from shared.plan.diagnosis.scene import Scene, Seat

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Json

CLASSIC = ("networkRuleCollections", "applicationRuleCollections")
RUNNING = ("succeeded", "updating", "")


@dataclass(frozen=True, slots=True)
class Firewall:
    """The firewall as it is; no address: it is stopped."""

    id: ResourceId
    address: IPv4Address | None
    subnet: ResourceId | None
    state: str
    policy: ResourceId | None
    classic: bool
    """Whether it has rules of its own instead of a policy's."""

    @property
    def running(self) -> bool:
        """Whether it passes packets on."""
        return self.address is not None and self.state in RUNNING


def read(scene: Scene) -> Firewall | None:
    """Return the hub's firewall; None where it was not read."""
    wanted = scene.case.firewall
    body = scene.observed.get(wanted) if wanted is not None else None
    if wanted is None or body is None:
        return None
    properties = bodies.bag(body)
    inside = next((found for _, found in bodies.items(properties.get("ipConfigurations"))), {})
    return Firewall(
        wanted,
        bodies.address(inside.get("privateIPAddress")),
        bodies.reference(inside, "subnet"),
        bodies.text(properties.get("provisioningState")).lower(),
        bodies.reference(properties, "firewallPolicy"),
        any(properties.get(name) for name in CLASSIC),
    )


def seat(scene: Scene, firewall: Firewall) -> Seat:
    """Return where the firewall sits."""
    home = firewall.subnet.parent if firewall.subnet is not None else scene.case.hub
    network = scene.network(home)
    subnet = network.subnet(firewall.subnet) if network is not None and firewall.subnet is not None else None
    return Seat(network, subnet, firewall.address)


def proxies(scene: Scene, firewall: Firewall) -> bool | None:
    """Say whether it answers DNS itself; None where its policy was not read."""
    settings = _dns_settings(scene, firewall)
    return None if settings is None else settings.get("enableProxy") is True


def upstream(scene: Scene, firewall: Firewall) -> tuple[str, ...]:
    """Return the servers that its DNS proxy asks; none: Azure's own."""
    return bodies.texts((_dns_settings(scene, firewall) or {}).get("servers"))


def _dns_settings(scene: Scene, firewall: Firewall) -> dict[str, Json] | None:
    body = scene.observed.get(firewall.policy) if firewall.policy is not None else None
    return None if body is None else bodies.member(bodies.bag(body), "dnsSettings")


def not_running(firewall: Firewall) -> Diagnosis:
    """Say that it passes nothing on."""
    how = "has no private address: it is stopped" if firewall.address is None else f"is {firewall.state}"
    return Diagnosis(
        BrokenLink.FIREWALL_NOT_RUNNING,
        f"{words.name(firewall.id)} {how}, and the way leads through it",
        f"start {words.name(firewall.id)}, or mend what keeps it from running",
    )
