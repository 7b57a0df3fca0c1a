"""Which rule of the firewall's policy decides about a connection.

Network rules come before application rules, a base policy's before the policy's own, then by the priorities of groups
and collections; what no rule allows is denied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.plan import words
from shared.plan.diagnosis import bodies, firewalls, flow
from shared.plan.diagnosis.link import BrokenLink, Diagnosis

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.diagnosis.firewalls import Firewall
    from shared.plan.diagnosis.flow import Flow, Truth
    from shared.plan.diagnosis.scene import Scene
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

AKS_TAG = "azurekubernetesservice"
LAST = 65_536


@dataclass(frozen=True, slots=True)
class _Collection:
    policy: ResourceId
    group: str
    name: str
    allow: bool
    rules: tuple[dict[str, Json], ...]


def refusal(scene: Scene, firewall: Firewall, wanted: Flow) -> Diagnosis | None:
    """Return that its rules deny a connection; None where they allow it, or where that cannot be told."""
    if firewall.policy is None:
        return None if firewall.classic else _no_policy(firewall, wanted)
    if scene.observed.get(firewall.policy) is None:
        return None
    names = firewalls.proxies(scene, firewall) is True
    for kind in ("network", "application"):
        for collection in _collections(scene.observed, firewall.policy, kind):
            fits = flow.any_of(_rule_fits(rule, wanted, names=names) for rule in collection.rules)
            if fits is None and collection.allow:
                return None
            if fits:
                return None if collection.allow else _denied(firewall, collection, wanted)
    return None if _base_unread(scene.observed, firewall.policy) else _nothing_allows(firewall.policy, firewall, wanted)


def base_policy(observed: Observed, policy: ResourceId) -> ResourceId | None:
    """Return the policy that one inherits from."""
    return bodies.reference(bodies.bag(observed.get(policy)), "basePolicy")


def _base_unread(observed: Observed, policy: ResourceId) -> bool:
    base = base_policy(observed, policy)
    return base is not None and observed.get(base) is None


def _collections(observed: Observed, policy: ResourceId, kind: str) -> Iterator[_Collection]:
    base = base_policy(observed, policy)
    if base is not None and base.key != policy.key and base_policy(observed, base) is None:
        yield from _collections(observed, base, kind)  # A base policy has no base of its own.
    for group, properties in _by_priority(_groups(observed, policy)):
        for name, collection in _by_priority(_named(properties.get("ruleCollections"))):
            rules = tuple(bodies.objects(collection.get("rules")))
            if "nat" in bodies.text(collection.get("ruleCollectionType")).lower() or not _holds(rules, kind):
                continue
            action = bodies.text(bodies.member(collection, "action").get("type")).lower()
            yield _Collection(policy, group, name, action == "allow", rules)


def _groups(observed: Observed, policy: ResourceId) -> Iterator[tuple[str, dict[str, Json]]]:
    for body in observed.within(policy):
        found = bodies.parsed(body.get("id"))
        if found is not None and found.type.lower().endswith("/rulecollectiongroups"):
            yield found.name, bodies.bag(body)


def _named(value: Json) -> Iterator[tuple[str, dict[str, Json]]]:
    return ((bodies.text(item.get("name")), item) for item in bodies.objects(value))


def _by_priority(found: Iterator[tuple[str, dict[str, Json]]]) -> list[tuple[str, dict[str, Json]]]:
    return sorted(found, key=lambda pair: bodies.number(pair[1].get("priority"), LAST))


def _holds(rules: tuple[dict[str, Json], ...], kind: str) -> bool:
    return bool(rules) and bodies.text(rules[0].get("ruleType")).lower().startswith(kind)


def _rule_fits(rule: dict[str, Json], wanted: Flow, *, names: bool) -> Truth:
    if bodies.text(rule.get("ruleType")).lower().startswith("network"):
        return _network_rule_fits(rule, wanted, names=names)
    return _application_rule_fits(rule, wanted)


def _network_rule_fits(rule: dict[str, Json], wanted: Flow, *, names: bool) -> Truth:
    """Names in network rules count only where the firewall is the DNS proxy (`names`)."""
    protocols = {text.lower() for text in bodies.texts(rule.get("ipProtocols"))}
    if not protocols & {"any", wanted.protocol.lower()}:
        return False
    if not flow.port_covered(bodies.texts(rule.get("destinationPorts")), wanted.port):
        return False
    return flow.all_of((_source_fits(rule, wanted), _destination_fits(rule, wanted, names=names)))


def _source_fits(rule: dict[str, Json], wanted: Flow) -> Truth:
    texts = bodies.texts(rule.get("sourceAddresses"))
    grouped: Truth = None if bodies.texts(rule.get("sourceIpGroups")) else False
    return flow.any_of((*(flow.range_covers(text, wanted.source) for text in texts), grouped))


def _destination_fits(rule: dict[str, Json], wanted: Flow, *, names: bool) -> Truth:
    end = flow.single(wanted.destination)
    by_name = names and any(_same_name(text, wanted.host) for text in bodies.texts(rule.get("destinationFqdns")))
    grouped: Truth = None if bodies.texts(rule.get("destinationIpGroups")) else False
    texts = bodies.texts(rule.get("destinationAddresses"))
    covered = (flow.range_covers(text, end) if flow.is_range(text) else _tag_fits(wanted) for text in texts)
    return flow.any_of((by_name, *covered, grouped))


def _tag_fits(wanted: Flow) -> Truth:
    """A service tag stands for public addresses; which ones, nobody reads here."""
    return False if wanted.destination.is_private else None


def _application_rule_fits(rule: dict[str, Json], wanted: Flow) -> Truth:
    if wanted.protocol != "TCP" or not wanted.host:
        return False
    ports = {bodies.number(item.get("port"), 0) for item in bodies.objects(rule.get("protocols"))}
    tags = [text.lower() for text in bodies.texts(rule.get("fqdnTags"))]
    named: Truth = wanted.port in ports and any(
        _same_name(text, wanted.host) for text in bodies.texts(rule.get("targetFqdns"))
    )
    return flow.all_of(
        (_source_fits(rule, wanted), flow.any_of((named, *(_fqdn_tag_fits(tag, wanted) for tag in tags))))
    )


def _fqdn_tag_fits(tag: str, wanted: Flow) -> Truth:
    """The tag of AKS has the public names of API servers, not the private ones; of other tags nothing is known."""
    if tag == AKS_TAG:
        return ".hcp." in wanted.host.lower() and wanted.port == flow.HTTPS
    return None if ".privatelink." not in wanted.host.lower() else False


def _same_name(pattern: str, host: str) -> bool:
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if pattern.startswith("*"):
        return bool(host) and host.endswith(pattern[1:])
    return bool(host) and pattern == host


def _no_policy(firewall: Firewall, wanted: Flow) -> Diagnosis:
    return Diagnosis(
        BrokenLink.FIREWALL_RULE,
        f"{words.name(firewall.id)} has neither a policy nor rules, so it denies {wanted.words}",
        f"give {words.name(firewall.id)} a policy with a network rule that allows {wanted.needed}",
    )


def _denied(firewall: Firewall, collection: _Collection, wanted: Flow) -> Diagnosis:
    name = f"rule collection {bodies.shown(collection.name)}"
    where = f"{name} in {bodies.shown(collection.group)} of {words.name(collection.policy)}"
    return Diagnosis(
        BrokenLink.FIREWALL_RULE,
        f"{where} denies {wanted.words} on {words.name(firewall.id)}",
        f"take {wanted.needed} out of {name}, or allow it in a collection that comes before it",
    )


def _nothing_allows(policy: ResourceId, firewall: Firewall, wanted: Flow) -> Diagnosis:
    return Diagnosis(
        BrokenLink.FIREWALL_RULE,
        f"{words.name(firewall.id)} denies {wanted.words}: no rule of {words.name(policy)} allows it",
        f"add a network rule to {words.name(policy)} that allows {wanted.needed}",
    )
