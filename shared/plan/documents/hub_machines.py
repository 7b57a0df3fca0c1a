"""The hub's jump server, the way to it, and its way out through the firewall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.model import naming
from shared.plan import addressing
from shared.plan.cloud_init.jump_server import jump_server as tools
from shared.plan.desired import ref
from shared.plan.resources import (
    azure_firewall,
    bastion,
    network_interface,
    network_security_group,
    public_ip,
    route_table,
    virtual_machine,
)
from shared.plan.steps import DEPENDENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.model.hub import Hub
    from shared.model.machines import JumpServer
    from shared.model.related import Related
    from shared.model.resource_id import ResourceId
    from shared.plan.desired import Desired

BASTION_DEVELOPER = "168.63.129.16/32"
"""Whence the shared Bastion of the Developer SKU comes."""


def has_machines(hub: Hub) -> bool:
    """Say whether there is a machine whose way out is the firewall."""
    return hub.spec.jump_server is not None or hub.spec.dns.forwarder is not None


def way_out(hub: Hub, marks: Mapping[str, str]) -> Iterator[Desired]:
    """Yield the route table of the machines' subnets, and its route, which comes with the firewall's address."""
    if not has_machines(hub):
        return
    table = naming.hub_route_table(hub)
    # Who asks from on-premises comes straight from the gateway, and is answered the same way.
    yield route_table.desired(table, hub.spec.location, marks, gateway_routes=True)
    address = hub.status.outputs.get("firewallPrivateIp")
    # Taken down it refers to nothing: the firewall would wait for its route, and the route's table for the firewall.
    unknown = "" if hub.deleting else ref(naming.firewall(hub), azure_firewall.PRIVATE_IP)
    yield route_table.default_route(table, address or unknown)


def ssh_sources(hub: Hub) -> list[str]:
    """Return who may reach SSH on the jump server: Bastion, and the ranges that the document names."""
    spec = hub.spec.jump_server
    if spec is None:
        return []
    bastions = [str(prefix) for name, prefix in addressing.hub_subnets(hub).items() if name == naming.BASTION_SUBNET]
    if hub.spec.bastion.enabled and hub.spec.bastion.sku == "Developer":
        bastions.append(BASTION_DEVELOPER)
    return [*bastions, *map(str, spec.ssh_from)]


def jump_server(hub: Hub, related: Related, marks: Mapping[str, str]) -> Iterator[Desired]:
    """Yield the jump server with its interface and security group; nothing where the document has none."""
    spec, location = hub.spec.jump_server, hub.spec.location
    if spec is None:
        return
    sources = ssh_sources(hub)
    rules = [network_security_group.allow("allow-ssh", 200, "22", sources)] if sources else []
    group = naming.jump_server_security_group(hub)
    yield network_security_group.desired(group, location, [*rules, network_security_group.deny_other_inbound()], marks)
    interface, machine = naming.jump_server_interface(hub), naming.jump_server(hub)
    place = naming.hub_subnet(hub, naming.JUMP_SERVER_SUBNET)
    yield network_interface.desired(interface, location, place, marks)
    what = virtual_machine.Machine(
        spec.size,
        interface,
        spec.admin_username,
        spec.ssh_public_key,
        zones=spec.zones,
        custom_data=tools(_minors(spec, related)),
        encryption_at_host=spec.encryption_at_host,
        own_identity=spec.entra_login,
    )
    yield virtual_machine.desired(machine, location, what, marks, tells=(DEPENDENTS,))
    if spec.entra_login:
        yield virtual_machine.entra_login(machine, location, marks)


def _minors(spec: JumpServer, related: Related) -> tuple[str, ...]:
    """Return the minor versions whose kubectl a new jump server gets: the given ones, else those of its clusters."""
    versions = (cluster.spec.kubernetes_version for cluster in related.clusters if not cluster.deleting)
    known = {".".join(version.split(".")[:2]) for version in versions if version is not None}
    return spec.kubernetes_versions or tuple(sorted(known, key=lambda minor: int(minor.partition(".")[2])))


def bastion_host(hub: Hub, marks: Mapping[str, str]) -> Iterator[Desired]:
    """Yield Bastion with its address; nothing where the document has none."""
    if not hub.spec.bastion.enabled:
        return
    address: ResourceId = naming.bastion_public_ip(hub)
    if hub.spec.bastion.sku != "Developer":
        yield public_ip.desired(address, hub.spec.location, (), marks)
    yield bastion.desired(
        naming.bastion(hub),
        hub.spec.location,
        hub.spec.bastion.sku,
        marks,
        network=naming.hub_network(hub),
        subnet=naming.hub_subnet(hub, naming.BASTION_SUBNET),
        public_ip=address,
    )
