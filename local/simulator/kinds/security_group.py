"""Network security groups and their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import Answer, ArmError, Json, Resource
from local.simulator.kinds.network import NetworkKind, linked
from local.simulator.kinds.virtual_network import SUBNETS

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

RULES = "Microsoft.Network/networkSecurityGroups/securityRules"
_NICS = "Microsoft.Network/networkInterfaces"
_DEFAULTS = (
    ("AllowVnetInBound", "Allow inbound traffic from all VMs in VNET", "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", "Allow inbound traffic from azure load balancer", "AzureLoadBalancer", "*"),
    ("DenyAllInBound", "Deny all inbound traffic", "*", "*"),
    ("AllowVnetOutBound", "Allow outbound traffic from all VMs to all VMs in VNET", "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", "Allow outbound traffic from all VMs to Internet", "*", "Internet"),
    ("DenyAllOutBound", "Deny all outbound traffic", "*", "*"),
)
_PRIORITIES = (65000, 65001, 65500, 65000, 65001, 65500)
_LISTS: Json = {
    "sourcePortRanges": [],
    "destinationPortRanges": [],
    "sourceAddressPrefixes": [],
    "destinationAddressPrefixes": [],
}


class SecurityGroups(NetworkKind):
    """`Microsoft.Network/networkSecurityGroups`."""

    type = "Microsoft.Network/networkSecurityGroups"
    guid = True
    retry_after: ClassVar[dict[str, int]] = {"PUT": 3, "DELETE": 10}
    inline: ClassVar[dict[str, str]] = {"securityRules": RULES}
    read_only = frozenset({"defaultSecurityRules", "subnets", "networkInterfaces", "flowLogs"})

    def check_whole(self, world: World, resource: Resource) -> None:
        """No two rules share direction and priority."""
        check_priorities(world, resource)

    def computed(self, world: World, resource: Resource) -> Json:
        """Show the default rules and what uses the group."""
        computed: Json = {"defaultSecurityRules": [_default_rule(resource, *rule) for rule in _numbered()]}
        for name, kind in (("subnets", SUBNETS), ("networkInterfaces", _NICS)):
            if users := linked(world, resource, kind):
                computed[name] = users
        return computed

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A group goes only when no subnet and no NIC uses it."""
        users = [u for kind in (SUBNETS, _NICS) for u in world.referrers(resource.id, kind) if u.key not in leaving]
        if users:
            raise ArmError(
                400,
                "InUseNetworkSecurityGroupCannotBeDeleted",
                f"Network security group {resource.id} cannot be deleted because it is in use by the following "
                f"resources: {', '.join(str(user.id) for user in users)}. In order to delete the Network security "
                "group, remove the association with the resource(s). To learn how to do this, see "
                "aka.ms/deletensg.",
                details=[],
            )


class SecurityRules(NetworkKind):
    """`Microsoft.Network/networkSecurityGroups/securityRules`."""

    type = RULES
    located = False
    defaults: ClassVar[Json] = _LISTS

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """Check what a rule must say."""
        del world, existing
        properties = request.body.get("properties") or {}
        priority = properties.get("priority")
        if not isinstance(priority, int) or not 100 <= priority <= 4096:  # noqa: PLR2004 - Azure's range
            raise ArmError(
                400,
                "SecurityRuleInvalidPriority",
                "Security rule has invalid Priority. Value should be between 100 and 4096. Value provided: "
                f"{priority}.",
                details=[],
            )
        for name, values in (("access", {"allow", "deny"}), ("direction", {"inbound", "outbound"})):
            if str(properties.get(name, "")).lower() not in values:
                raise ArmError(
                    400,
                    "InvalidRequestFormat",
                    "Cannot parse the request.",
                    details=[{"code": "InvalidJson", "message": f"properties.{name} is not valid."}],
                )

    def check_whole(self, world: World, resource: Resource) -> None:
        """No two rules share direction and priority."""
        group = world.find(resource.id.root)
        if group is not None:
            check_priorities(world, group)


class DefaultRules(NetworkKind):
    """`.../networkSecurityGroups/{group}/defaultSecurityRules`: computed, not stored."""

    type = f"{SecurityGroups.type}/defaultSecurityRules"
    located = False

    def get_collection(self, world: World, request: Request) -> Answer | None:
        """List the six rules."""
        return Answer(200, body={"value": self._rules(world, request)})

    def find(self, world: World, request: Request) -> Resource | None:
        """Find one of the six by its name."""
        for rule in self._rules(world, request):
            if rule["name"].lower() == request.id.name.lower():
                return Resource(request.id, {"rule": rule})
        return None

    def render(self, world: World, resource: Resource) -> Json:
        """Show the rule as in the group."""
        del world
        rule: Json = resource.body["rule"]
        return rule

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Nobody writes them."""
        del world, existing
        raise _read_only(request)

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Nobody changes them."""
        del world, existing
        raise _read_only(request)

    def delete(self, world: World, request: Request, existing: Resource) -> Answer:
        """Nobody removes them."""
        del world, existing
        raise _read_only(request)

    @staticmethod
    def _rules(world: World, request: Request) -> list[Json]:
        group = world.find(request.id.root)
        return [_default_rule(group, *rule) for rule in _numbered()] if group else []


def _read_only(request: Request) -> ArmError:
    message = f"The requested resource does not support http method '{request.method}'."
    return ArmError(405, "MethodNotAllowed", message)


def check_priorities(world: World, group: Resource) -> None:
    """Refuse rules of one direction that share a priority."""
    seen: dict[tuple[str, int], str] = {}
    for rule in world.children(group.id, RULES):
        place = (str(rule.properties.get("direction")).lower(), int(rule.properties["priority"]))
        if place in seen:
            raise ArmError(
                400,
                "SecurityRuleConflict",
                f"Security rule {rule.name} conflicts with rule {seen[place]}. Rules cannot have the same Priority and "
                "Direction.",
                details=[],
            )
        seen[place] = rule.name


def _numbered() -> list[tuple[str, str, str, str, int]]:
    return [(*rule, priority) for rule, priority in zip(_DEFAULTS, _PRIORITIES, strict=True)]


def _default_rule(group: Resource, name: str, description: str, source: str, destination: str, priority: int) -> Json:
    return {
        "name": name,
        "id": f"{group.id}/defaultSecurityRules/{name}",
        "etag": group.etag,
        "type": f"{SecurityGroups.type}/defaultSecurityRules",
        "properties": {
            "provisioningState": group.provisioning_state,
            "description": description,
            "protocol": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "*",
            "sourceAddressPrefix": source,
            "destinationAddressPrefix": destination,
            "access": "Deny" if name.startswith("Deny") else "Allow",
            "priority": priority,
            "direction": "Inbound" if name.endswith("InBound") else "Outbound",
            **_LISTS,
        },
    }
