"""Whether nodes can join: what their bootstrap script needs of DNS, the API server and the way out.

The exit codes are those of the node's own script: 50 no way out, 51 API server unreachable, 52 its name unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.simulator.kinds.aks import refuse, section
from local.simulator.kinds.aks_node_group import node_subnet
from local.simulator.topology import WorldView, connect, explain, resolve, seat_in_subnet
from local.simulator.topology.public_names import REQUIRED_BY_AKS

if TYPE_CHECKING:
    from local.simulator.kind import ArmError, Resource
    from local.simulator.topology import Chain, Seat
    from local.simulator.topology.view import View
    from local.simulator.world import World

_WORDS = {
    50: "curl: (28) Failed to connect to {what}",
    51: "nc: connect to {what} port 443 (tcp) failed: Connection timed out",
    52: "** server can't find {what}: NXDOMAIN",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What Azure will say, and the evidence, which only the simulator's log shows."""

    error: ArmError
    evidence: str


def find_obstacle(world: World, cluster: Resource) -> Obstacle | None:
    """Say why the nodes of a cluster cannot join, None where they can."""
    subnet = node_subnet(world, cluster)
    view = WorldView(world)
    seat = seat_in_subnet(view, str(subnet)) if subnet else None
    if seat is None:
        return None
    isolated = section(cluster.properties, "networkProfile").get("outboundType") in {"none", "block"}
    obstacle = None if isolated else _way_out(view, seat)
    access = section(cluster.properties, "apiServerAccessProfile")
    if obstacle is None and access.get("enablePrivateCluster") and cluster.state.get("privateIp"):
        obstacle = _api_server(view, seat, cluster)
    return obstacle


def _way_out(view: View, seat: Seat) -> Obstacle | None:
    for host, port in REQUIRED_BY_AKS:
        answer = resolve(view, seat, host)
        if not answer.found:
            return _failure(50, host, answer.chain)
        reach = connect(view, seat, answer.addresses[0], port, host=host)
        if not reach.open:
            return _failure(50, f"{host}:{port}", reach.chain)
    return None


def _api_server(view: View, seat: Seat, cluster: Resource) -> Obstacle | None:
    name = str(cluster.properties.get("privateFQDN") or cluster.state.get("publicFQDN"))
    answer = resolve(view, seat, name)
    expected = str(cluster.state["privateIp"])
    if expected not in {str(address) for address in answer.addresses}:
        return _failure(52, name, answer.chain)
    # The private endpoint answers already while the cluster is being created.
    reach = connect(view, seat, answer.addresses[0], 443, host=name)
    if not reach.open:
        return _failure(51, name, reach.chain)
    return None


def _failure(code: int, what: str, chain: Chain) -> Obstacle:
    output = _WORDS[code].format(what=what)
    return Obstacle(
        refuse(
            400,
            "VMExtensionProvisioningError",
            "VM has reported a failure when processing extension 'vmssCSE' (publisher 'Microsoft.Azure.Extensions' and "
            "type 'CustomScript'). Error message: \"Enable failed: failed to execute command: command terminated with "
            f'exit status={code}\\n[stdout]\\n{{ \\"ExitCode\\": \\"{code}\\", \\"Output\\": \\"{output}\\" }}'
            '\\n\\n[stderr]\\n". More information on troubleshooting is available at '
            "https://aka.ms/VMExtensionCSELinuxTroubleshoot.",
        ),
        explain(chain),
    )
