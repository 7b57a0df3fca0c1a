"""Firewall policies, their rule collection groups, and drafts of both.

Another provider than the rest of Microsoft.Network stands behind them: plain etags, operations under nfvOperations,
a DELETE that ends at once, and one write at a time for a policy with all its groups.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import Answer, ArmError, Begin, Json, Progress, Resource, Succeeded
from local.simulator.kinds.network import NetworkKind, copied, linked, operation_name
from local.simulator.operation import ASYNC, OperationStyle

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.operation import Operation
    from local.simulator.world import World

POLICIES = "Microsoft.Network/firewallPolicies"
GROUPS = f"{POLICIES}/ruleCollectionGroups"
POLICY_DRAFTS = f"{POLICIES}/firewallPolicyDrafts"
GROUP_DRAFTS = f"{GROUPS}/ruleCollectionGroupDrafts"
FIREWALLS = "Microsoft.Network/azureFirewalls"
_MOST_GROUPS = 60
_LIVE_UPDATE = (180.0, 300.0)
_PATH = "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}/nfvOperations/{operation}"
_STYLE = OperationStyle(
    name="nfv",
    status=_PATH,
    result=_PATH,
    headers_by_verb={"PUT": frozenset({ASYNC})},
    retry_after={"*": 1},
    poll_retry=(10,),
)
_LISTS: dict[str, tuple[str, ...]] = {
    "NatRule": ("ipProtocols", "sourceAddresses", "sourceIpGroups", "destinationAddresses", "destinationPorts"),
    "NetworkRule": (
        "ipProtocols",
        "sourceAddresses",
        "sourceIpGroups",
        "destinationAddresses",
        "destinationIpGroups",
        "destinationFqdns",
        "destinationPorts",
    ),
    "ApplicationRule": (
        "protocols",
        "fqdnTags",
        "webCategories",
        "targetFqdns",
        "targetUrls",
        "sourceAddresses",
        "destinationAddresses",
        "sourceIpGroups",
        "httpHeadersToInsert",
    ),
}


class PolicyKind(NetworkKind):
    """What policies, groups and drafts share."""

    style: ClassVar[OperationStyle] = _STYLE
    etag_format = "{}"
    shares_etag = False

    def check_etag(self, world: World, request: Request, existing: Resource | None) -> None:
        """Each resource has its own etag."""
        del world
        self.check_preconditions(request, existing)

    def render(self, world: World, resource: Resource) -> Json:
        """Show the provider's own casing of the type and its own order."""
        document = super().render(world, resource)
        policy = world.find(resource.id.root) or resource
        document["etag"] = resource.etag
        document["type"] = "/".join((resource.id.namespace, *(t[0].upper() + t[1:] for t in resource.id.types)))
        document["location"] = policy.location
        return document

    def locked(self, request: Request, operation: Operation, remaining: float) -> ArmError | None:
        """One write at a time for a policy with its groups."""
        if request.method == "POST" and request.action != "deploy":
            return None
        return ArmError(
            409,
            "AnotherOperationInProgress",
            f"Another operation on this or dependent resource is in progress ({operation_name(operation)}, "
            f"{operation.id}). The call can be retried in {max(1, ceil(remaining))} seconds.",
            details=[],
        )


class Policies(PolicyKind):
    """`Microsoft.Network/firewallPolicies`."""

    type = POLICIES
    defaults: ClassVar[Json] = {"sku": {"tier": "Standard"}, "threatIntelMode": "Alert"}
    read_only = frozenset({"size", "childPolicies", "ruleCollectionGroups", "firewalls"})

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A live policy keeps its tier."""
        tier = ((request.body.get("properties") or {}).get("sku") or {}).get("tier", "Standard")
        if existing is not None and world.referrers(existing.id, FIREWALLS):
            before = existing.properties["sku"]["tier"]
            if before != tier:
                raise ArmError(
                    400,
                    "FirewallPolicyTierCannotBeChanged",
                    f"Firewall policy {request.id} is used by a firewall: its tier {before} cannot become {tier}.",
                    details=[],
                )

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Create or replace; an update of a live policy takes minutes."""
        answer = super().put(world, request, existing)
        return _slowed(world, answer, request)

    def delete(self, world: World, request: Request, existing: Resource) -> Answer:
        """Remove at once, with all groups."""
        self.check_preconditions(request, existing)
        self.check_removable(world, existing, frozenset())
        world.remove(existing.id)
        return Answer(200)

    def post(self, world: World, request: Request, existing: Resource) -> Answer:
        """Deploy the drafts."""
        if request.action.lower() != "deploy":
            return super().post(world, request, existing)
        seconds = world.duration("ruleCollectionGroups", "PUT", existing.key)
        return Answer(202, begin=Begin("deploy", seconds=seconds))

    def advance(self, world: World, operation: Operation) -> Progress:
        """Let drafts take the place of what they draft."""
        if operation.verb != "deploy":
            return super().advance(world, operation)
        policy = world.find(operation.resource_id)
        for draft in world.under(operation.resource_id) if policy else []:
            target_id = draft.id.parent
            target = world.find(target_id) if target_id else None
            if draft.id.type in {POLICY_DRAFTS, GROUP_DRAFTS} and target is not None:
                target.body["properties"] = {**target.properties, **draft.properties}
                target.properties.pop("size", None)
                world.save(target)
                world.remove(draft.id)
        return Succeeded()

    def computed(self, world: World, resource: Resource) -> Json:
        """Show groups, firewalls and child policies."""
        groups = world.children(resource.id, GROUPS)
        return {
            "size": "0.001289368 MB",
            "childPolicies": linked(world, resource, POLICIES),
            "ruleCollectionGroups": [{"id": str(group.id)} for group in groups],
            "firewalls": linked(world, resource, FIREWALLS),
        }

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A policy goes only when no firewall and no child policy uses it."""
        users = [
            u for kind in (FIREWALLS, POLICIES) for u in world.referrers(resource.id, kind) if u.key not in leaving
        ]
        if users:
            raise ArmError(
                400,
                "FirewallPolicyInUse",
                f"Firewall Policy {resource.id} cannot be deleted because it is in use by "
                f"{', '.join(str(user.id) for user in users)}.",
                details=[],
            )


class Groups(PolicyKind):
    """`Microsoft.Network/firewallPolicies/ruleCollectionGroups`: a PUT replaces the whole group."""

    type = GROUPS
    located = False
    defaults: ClassVar[Json] = {"ruleCollections": []}
    read_only = frozenset({"size"})

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """Check the priority, and how many groups there are."""
        priority = (request.body.get("properties") or {}).get("priority")
        if not isinstance(priority, int) or not 100 <= priority <= 65000:  # noqa: PLR2004 - Azure's range
            raise ArmError(
                400,
                "FirewallPolicyRuleCollectionGroupInvalidPriorityValue",
                f"Invalid Priority {priority} for Rule Collection Group {request.id.name}. Priority must be between "
                "100 and 65000.",
                details=[],
            )
        others = [g for g in world.children(request.id.root, GROUPS) if g.key != request.id.key]
        if existing is None and len(others) >= _MOST_GROUPS:
            raise ArmError(400, "RuleCollectionGroupLimitReached", f"A policy has {_MOST_GROUPS} groups at most.")

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Complete the rules with the empty lists that Azure shows."""
        resource = super().compose(world, request, existing)
        _complete_rules(resource)
        return resource

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Create or replace; on a live firewall it takes minutes."""
        return _slowed(world, super().put(world, request, existing), request)

    def computed(self, world: World, resource: Resource) -> Json:
        """Show a size while there are no rules, as recorded."""
        del world
        return {} if resource.properties["ruleCollections"] else {"size": "0.001348495 MB"}


class Draft(PolicyKind):
    """A draft: written and removed at once, named after what it drafts, without a state."""

    located = False
    asynchronous = False
    has_state = False

    def render(self, world: World, resource: Resource) -> Json:
        """Show the name of what it drafts."""
        document = super().render(world, resource)
        document["name"] = resource.id.parent.name if resource.id.parent else resource.name
        return document


class PolicyDrafts(Draft):
    """`Microsoft.Network/firewallPolicies/firewallPolicyDrafts`."""

    type = POLICY_DRAFTS


class GroupDrafts(Draft):
    """`Microsoft.Network/firewallPolicies/ruleCollectionGroups/ruleCollectionGroupDrafts`."""

    type = GROUP_DRAFTS

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Complete the rules with the empty lists that Azure shows."""
        resource = super().compose(world, request, existing)
        resource.properties.setdefault("ruleCollections", [])
        _complete_rules(resource)
        return resource


def _slowed(world: World, answer: Answer, request: Request) -> Answer:
    """Let an update take 3 to 5 minutes where a firewall runs the policy."""
    policy = request.id.root
    if answer.begin is None or not world.referrers(policy, FIREWALLS):
        return answer
    seconds = world.random("live policy", request.id.key).uniform(*_LIVE_UPDATE)
    return Answer(answer.status, answer.resource, begin=Begin("PUT", seconds=seconds))


def _complete_rules(resource: Resource) -> None:
    for collection in resource.properties["ruleCollections"]:
        for rule in collection.get("rules", []):
            for name in _LISTS.get(str(rule.get("ruleType")), ()):
                rule.setdefault(name, copied([]))
            if rule.get("ruleType") == "ApplicationRule":
                rule.setdefault("terminateTLS", False)
