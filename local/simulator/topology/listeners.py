"""What answers on an address and port: API servers behind private endpoints, machines, firewalls, the internet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from local.simulator.topology import public_names
from local.simulator.topology.dns_software import software_of
from local.simulator.topology.evidence import Evidence
from local.simulator.topology.firewall import dns_servers_of
from local.simulator.topology.peering import peerings_of
from local.simulator.topology.public_dns import RESOLVERS
from local.simulator.topology.view import CLUSTER, FIREWALL, INBOUND, VM, owner_of, reference

if TYPE_CHECKING:
    from local.simulator.resource import Resource
    from local.simulator.topology.security import Flow
    from local.simulator.topology.view import Seat, View

DNS_PORT = 53
_WEB_PORTS = {80, 443}
_STANDING = {"", "Succeeded", "Updating"}


@dataclass(frozen=True, slots=True)
class Listener:
    """How a connection ends at its destination."""

    outcome: Literal["open", "refused", "timeout"]
    evidence: Evidence


def answer(view: View, vnet: str, flow: Flow) -> Listener:
    """Say how the destination answers, seen from a VNet."""
    found = owner_within_reach(view, vnet, flow)
    if found is None:
        return _internet(view, flow)
    owner, _ = found
    if owner.id.type == FIREWALL:
        proxied = flow.port == DNS_PORT and dns_servers_of(view, owner) is not None
        return _result(proxied, "timeout", f"{owner.name} on {flow.port}")
    if owner.id.type == INBOUND:
        stands = owner.provisioning_state in _STANDING
        return _result(stands and flow.port == DNS_PORT, "timeout", f"inbound endpoint {owner.name} on {flow.port}")
    endpoint = reference(owner.properties, "privateEndpoint")
    if endpoint:
        return _endpoint(view, endpoint, flow.port)
    return _machine(view, owner, flow)


def owner_within_reach(view: View, vnet: str, flow: Flow) -> tuple[Resource, Seat] | None:
    """Find who holds the destination in the VNet itself, in a peered one, or beyond the hub that both share."""
    near = [vnet, *(p.remote for p in peerings_of(view, vnet))]
    far = [p.remote for middle in near[1:] for p in peerings_of(view, middle)]
    for place in dict.fromkeys((*near, *far)):
        found = owner_of(view, place, flow.destination)
        if found is not None:
            return found
    return None


def machine_of(view: View, nic: Resource) -> Resource | None:
    """Find the machine that uses an interface."""
    vm = view.get(reference(nic.properties, "virtualMachine") or str(nic.state.get("virtualMachine") or ""))
    return vm or next((v for v in view.of_type(VM) if _uses(v, nic)), None)


def _machine(view: View, nic: Resource, flow: Flow) -> Listener:
    vm = machine_of(view, nic)
    if vm is None:
        return _result(holds=False, otherwise="timeout", detail=f"no machine uses {nic.name}")
    if vm.state.get("power", "running") != "running":
        return _result(holds=False, otherwise="timeout", detail=f"{vm.name} is {vm.state.get('power')}")
    software = software_of(vm) if flow.port == DNS_PORT else None
    if software is not None and software.silent:
        return _result(holds=False, otherwise="timeout", detail=f"{vm.name} on {flow.port} is silent")
    served = software is not None and software.listens_on(flow.destination)
    return _result(flow.port == 22 or served, "refused", f"{vm.name} on {flow.port}")  # noqa: PLR2004 - ssh


def _uses(vm: Resource, nic: Resource) -> bool:
    interfaces = (vm.properties.get("networkProfile") or {}).get("networkInterfaces") or ()
    return any(str(i.get("id", "")).lower() == nic.key for i in interfaces)


def _endpoint(view: View, endpoint_id: str, port: int) -> Listener:
    endpoint = view.get(endpoint_id)
    connections = (endpoint.properties.get("privateLinkServiceConnections") if endpoint else None) or [{}]
    target = (connections[0].get("properties") or {}).get("privateLinkServiceId", "")
    cluster = view.get(str(target))
    if cluster is None or cluster.id.type.lower() != CLUSTER.lower():
        return _result(holds=False, otherwise="timeout", detail=f"nothing stands behind {endpoint_id}")
    running = (cluster.properties.get("powerState") or {}).get("code") == "Running"
    serving = bool(cluster.state.get("serving", True)) and running and port == 443  # noqa: PLR2004 - https
    return _result(serving, "timeout", f"API server of {cluster.name} on {port}")


def _internet(view: View, flow: Flow) -> Listener:
    if flow.destination.is_private:
        return _result(holds=False, otherwise="timeout", detail=f"nothing has {flow.destination}")
    if flow.destination in RESOLVERS and flow.port == DNS_PORT:
        return _result(holds=True, otherwise="timeout", detail=f"public resolver {flow.destination}")
    known = bool(flow.host) and (public_names.exists(flow.host) or _is_public_api_server(view, flow.host))
    detail = f"{flow.host or flow.destination} on {flow.port}, on the internet"
    return _result((known or not flow.host) and flow.port in _WEB_PORTS, "timeout", detail)


def _is_public_api_server(view: View, host: str) -> bool:
    return any(host.lower() == str(c.properties.get("fqdn", "")).lower() for c in view.of_type(CLUSTER))


def _result(holds: bool, otherwise: Literal["refused", "timeout"], detail: str) -> Listener:  # noqa: FBT001
    return Listener("open" if holds else otherwise, Evidence("listener", holds, detail))
