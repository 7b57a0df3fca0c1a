"""What a cluster hands out: kubeconfigs, and the results of commands that AKS runs inside."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import Answer, Kind, Resource
from local.simulator.kinds.aks import CLUSTER_TYPE, POOL_TYPE, refuse, section

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.resource import Json
    from local.simulator.world import World

RESULT_TYPE = f"{CLUSTER_TYPE}/commandResults"

_KUBECONFIG = """apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: c2ltdWxhdGVk
    server: https://{server}:443
  name: {name}
contexts:
- context:
    cluster: {name}
    user: {user}_{group}_{name}
  name: {name}
current-context: {name}
kind: Config
preferences: {{}}
users:
- name: {user}_{group}_{name}
  user:
    token: simulated
"""
_USERS = {
    "listclusterusercredential": "clusterUser",
    "listclusteradmincredential": "clusterAdmin",
    "listclustermonitoringusercredential": "clusterMonitoringUser",
}


def list_credentials(request: Request, cluster: Resource) -> Answer:
    """Hand out a kubeconfig that names the right server and opens nothing."""
    user = _USERS.get(request.action.lower())
    if user is None:
        raise refuse(404, "NotFound", f"The action {request.action} does not exist.")
    if user == "clusterAdmin" and cluster.properties.get("disableLocalAccounts"):
        raise refuse(
            400,
            "BadRequest",
            "Getting static credential is not allowed because this cluster is set to disable local accounts.",
        )
    server = cluster.properties.get("privateFQDN") or cluster.properties.get("fqdn")
    text = _KUBECONFIG.format(server=server, name=cluster.name, group=cluster.id.group, user=user)
    value = base64.b64encode(text.encode()).decode()
    return Answer(200, body={"kubeconfigs": [{"name": user, "value": value}]})


def run_command(world: World, request: Request, cluster: Resource) -> Answer:
    """Accept a command; its result is a resource of its own, found at the Location of the answer."""
    if section(cluster.properties, "apiServerAccessProfile").get("disableRunCommand"):
        raise refuse(400, "RunCommandDisabled", "The run command feature is disabled for this cluster.")
    if (cluster.properties.get("powerState") or {}).get("code") != "Running":
        raise refuse(400, "OperationNotAllowed", "The managed cluster is stopped.")
    identity = world.guid("command", cluster.key).replace("-", "")
    result = Resource(cluster.id.child("commandResults", identity), {}, created=world.now)
    result.state = {
        "command": str(request.body.get("command", "")),
        "due": world.now + world.duration("mc/runCommand", "POST", cluster.key),
    }
    world.save(result)
    return Answer(202, headers={"location": _location(request, result)})


class CommandResults(Kind):
    """`.../managedClusters/{cluster}/commandResults/{id}`: 202 while it runs."""

    type = RESULT_TYPE
    has_state: ClassVar[bool] = False

    def get(self, world: World, request: Request, existing: Resource) -> Answer:
        """Show the result, or that it is not there yet."""
        if world.now < existing.state["due"]:
            body: Json = {"id": existing.name, "properties": {"provisioningState": "Running"}}
            return Answer(202, body=body, headers={"location": _location(request, existing)})
        parent = existing.id.parent
        cluster = world.find(parent) if parent else None
        done: Json = {
            "provisioningState": "Succeeded",
            "exitCode": 0,
            "startedAt": world.timestamp(existing.created),
            "finishedAt": world.timestamp(existing.state["due"]),
            "logs": _logs(world, cluster, existing.state["command"]) if cluster else "",
        }
        return Answer(200, body={"id": existing.name, "properties": done})


def _logs(world: World, cluster: Resource, command: str) -> str:
    """Print what little kubectl prints here: the nodes; anything else prints nothing."""
    if "get nodes" not in command and "get no" not in command.split("|", maxsplit=1)[0]:
        return "NAMESPACE     NAME   READY   STATUS    RESTARTS   AGE\n" if "get pod" in command else ""
    lines = ["NAME                                STATUS   ROLES    AGE   VERSION"]
    for pool in world.children(cluster.id, POOL_TYPE):
        for number in range(int(pool.properties.get("count") or 0)):
            version = pool.properties.get("currentOrchestratorVersion")
            lines.append(f"aks-{pool.name}-10000000-vmss{number:06}   Ready    <none>   5m    v{version}")
    return "\n".join(lines) + "\n"


def _location(request: Request, result: Resource) -> str:
    host = request.headers.get("host", "localhost")
    return f"https://{host}{result.id}?api-version={request.api_version}"
