"""Documents of a landscape of any size, in every state that the page draws; and their plans, history and events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.model.document import parse_document
from shared.plan.dns.view import view
from tests.model.samples import SUBSCRIPTION, sample

if TYPE_CHECKING:
    from shared.model.hub import Hub
    from shared.model.spoke import Spoke

Json = dict[str, Any]

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
TEAMS = ("payments", "search", "orders", "identity", "billing", "media", "risk", "ledger", "catalog", "mobile")
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
NETWORKS = "providers/Microsoft.Network"
HASH = "17828ddb71e76308fc6f3ff17ae91dae9df98e09d89c43fe5457b80a700ff31a"

TROUBLES: dict[int, tuple[str, str, str]] = {
    3: ("False", "StepFailed", "route table rt-3: ScopeLocked: the scope is locked. What to do: remove the lock."),
    5: ("False", "Applying", "2 of 5 steps are done"),
    7: ("False", "ApprovalNeeded", "rule 2 of hub weu asks for a person's approval"),
    9: ("False", "HubNotReady", "the firewall of hub weu has no private address yet"),
    31: ("False", "Refused", "its address range overlaps that of spoke search-1"),
    47: ("False", "StepFailed", "subnet nodes: NetworkSecurityGroupMissing: what to do: give it one."),
    63: ("Unknown", "", ""),
}
"""Of the spokes with these numbers: what their condition Ready says. All others are ready."""

DRIFTED = (2, 40)


def condition(type_: str, status: str, reason: str = "", message: str = "") -> Json:
    """Return one condition."""
    since = (NOW - timedelta(minutes=7)).isoformat()
    return {"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": since}


@dataclass
class Landscape:
    """What the store would hold: documents by collection and name, and what belongs to them."""

    documents: dict[str, Json] = field(default_factory=dict)
    history: dict[str, list[Json]] = field(default_factory=dict)
    plans: dict[str, Json] = field(default_factory=dict)
    audit: dict[str, list[Json]] = field(default_factory=dict)
    dns: dict[str, Json] = field(default_factory=dict)
    """Of each hub."""
    events: list[Json] = field(default_factory=list)

    def put(self, document: Json) -> None:
        """Store a document."""
        self.documents[f"{document['kind'].lower()}s/{document['metadata']['name']}"] = document


def landscape(spokes: int, hubs: int = 1) -> Landscape:
    """Return so many spokes, shared out between so many hubs, most with one cluster."""
    made = Landscape()
    for number in range(hubs):
        hub = _hub(("weu", "neu", "sea")[number % 3] + (str(number // 3) if number > 2 else ""), number, spokes)
        made.put(hub)
    names = [key.partition("/")[2] for key in made.documents]
    for number in range(spokes):
        for document in _spoke_with_clusters(number, names[number % hubs], alone=spokes == 1):
            made.put(document)
    for key, document in made.documents.items():
        made.history[key] = list(_history(document))
        made.plans[key] = _plan(document)
    made.audit = {key: [_asked(document)] for key, document in made.documents.items() if _is_asking(document)}
    made.events = list(_events(made))
    made.dns = dict(_dns(made))
    return made


def _dns(made: Landscape) -> Iterator[tuple[str, Json]]:
    parsed: list[Any] = [parse_document(document) for document in made.documents.values()]
    spokes: list[Spoke] = [document for document in parsed if document.kind == "Spoke"]
    hubs: list[Hub] = [document for document in parsed if document.kind == "Hub"]
    for hub in hubs:
        yield f"hubs/{hub.name}", view(hub, [spoke for spoke in spokes if spoke.spec.hub == hub.name])


def ready(document: Json, *found: Json, **outputs: Any) -> Json:
    """Give a document a status: conditions and outputs."""
    document["metadata"] |= {"generation": 1}
    document["status"] = {"observedGeneration": 1, "conditions": list(found), "outputs": outputs}
    return document


def _hub(name: str, number: int, spokes: int) -> Json:
    place = {"addressSpace": [f"10.{number}.0.0/22"], "location": ("westeurope", "northeurope")[number % 2]}
    document = sample("Hub", name, **place, dns__mode="forwarder")
    zone = f"{GROUP}/rg-hub-{name}/{NETWORKS}/privateDnsZones/privatelink.{document['spec']['location']}.azmk8s.io"
    return ready(
        document,
        condition("Ready", "True", "Provisioned", "everything exists as it should"),
        condition("Reconciling", "False", "Idle"),
        condition("DnsServersAnswer", "False", "DnsServerFails", silent(number)),
        **_servers(number),
        firewallPrivateIp=f"10.{number}.0.4",
        jumpServerId=f"{GROUP}/rg-hub-{name}/providers/Microsoft.Compute/virtualMachines/vm-jump",
        privateDnsZoneId=zone,
        peerings=spokes,
        zoneLinks=spokes + 1,
    )


def forwarders(number: int) -> list[str]:
    """Return the forwarders of the hub with this number."""
    return [f"10.{number}.1.4", f"10.{number}.1.5"]


def silent(number: int) -> str:
    """Return what is said of the forwarder that does not answer."""
    return f"10.{number}.1.5 does not answer; look at its machine, the way to it, and what lets port 53 through"


def _servers(number: int) -> Json:
    """Return a hub's outputs about DNS: its network has its forwarders, those of spokes come next."""
    first, second = forwarders(number)
    told = {first: {"answers": True, "message": ""}, second: {"answers": False, "message": silent(number)}}
    before: Json = {"before": {"hub": [], "spokes": []}, "moved": ["Hub"], "turn": ["payments-1"]}
    return {
        "dns": {"hub": [first, second], "spokes": [first, second], **before},
        "dnsServers": [first, second],
        "dnsProof": {"servers": told, "moved": ["Hub"], "generation": 1, "time": NOW.isoformat()},
    }


def _spoke_with_clusters(number: int, hub: str, *, alone: bool) -> Iterator[Json]:
    name = "payments" if alone else f"{TEAMS[number % 10]}-{number // 10 + 1}"
    status, reason, message = TROUBLES.get(number, ("True", "Provisioned", "everything exists as it should"))
    spoke = sample("Spoke", name, hub=hub, addressSpace=[f"10.{64 + number // 64}.{number % 64 * 4}.0/22"])
    drift = condition("Drifted", "True", "DifferencesFound", "route table is missing on subnet nodes")
    found = [condition("Ready", status, reason, message), *([drift] if number in DRIFTED else [])]
    ready(spoke, *found, peered=status == "True", routes=2 + number % 5 * 40, dnsServers=[])
    if _asks(reason):
        _ask(spoke, message)
    yield spoke
    if status == "True":
        for index in range(1 if alone or number % 4 else number // 4 % 5):
            yield _cluster(f"{name}-{('prod', 'test', 'dev', 'lab')[index]}", name, bad=number % 17 == 16)


def _asks(reason: str) -> bool:
    return reason == "ApprovalNeeded"


def _is_asking(document: Json) -> bool:
    return document["status"].get("approval") is not None


def _ask(spoke: Json, message: str) -> None:
    space = spoke["spec"]["addressSpace"]
    asked = {"askedAt": NOW.isoformat(), "expiresAt": (NOW + timedelta(days=3)).isoformat()}
    spoke["status"]["approval"] = {"state": "asked", "hub": "weu", "addressSpace": space, "hash": HASH, **asked}
    spoke["status"]["conditions"].append(condition("Approved", "False", "ApprovalNeeded", message))
    spoke["metadata"] |= {"origin": "event", "requestedBy": "grace@example.com"}


def _cluster(name: str, spoke: str, *, bad: bool) -> Json:
    answers = condition("ApiServerReachable", "False" if bad else "True", "DoesNotAnswer" if bad else "Answers")
    found = [
        condition(
            "Ready", "False" if bad else "True", "DoesNotAnswer" if bad else "Provisioned", "seen from the jump server"
        ),
        condition("ApiServerResolvable", "True", "Resolves", "it resolves to 10.64.0.4"),
        answers,
    ]
    fqdn = f"{name}-x1y2z3.privatelink.westeurope.azmk8s.io"
    rows = list(_rows(fqdn, bad=bad))
    evidence = {"output": rows[0]["output"], "endpointAddress": "10.64.0.4", "consumers": rows}
    document = ready(sample("Cluster", name, spoke=spoke), *found, privateFqdn=fqdn, verification=evidence)
    document["status"]["verifiedAt"] = NOW.isoformat()
    return document


DENIED = (
    "443 does not answer from the jump server. Rule deny-all of network security group nsg-nodes denies it. "
    "What to do: allow TCP 443 from 10.0.0.0/22 before it."
)
NOBODY = "no machine there can be asked (dns.machineId of the spoke), so nothing was measured"
NOT_FORWARDED = (
    "dns/10.0.1.5, asked at 10.0.1.5: it is not known there. The server does not forward azmk8s.io. "
    "What to do: forward azmk8s.io to 168.63.129.16."
)


def _rows(fqdn: str, *, bad: bool) -> Iterator[Json]:
    """Yield what each consumer of a cluster saw."""
    good = ("True", "Resolves", f"{fqdn} resolves to 10.64.0.4", "10.64.0.4")
    wrong = ("False", "DnsServerDoesNotForward", NOT_FORWARDED, "")
    yield row("hub", *good) | {"answers": "True"} | ({"answers": "False", "message": DENIED} if bad else {})
    yield row("dns/10.0.1.4", *good)
    yield row("dns/10.0.1.5", *(wrong if bad else good))
    yield row("spoke/payments-1", "Unknown", "NotVerified", NOBODY, "") | {"machine": None, "output": ""}
    yield row("on-premises", *good)


def row(consumer: str, resolves: str, reason: str, message: str, address: str) -> Json:
    """Return what one consumer saw."""
    return {
        "consumer": consumer,
        "network": f"{GROUP}/rg-hub-weu/{NETWORKS}/virtualNetworks/vnet-hub-weu",
        "machine": "vm-jump-weu",
        "servers": [consumer.partition("/")[2]] if consumer.startswith("dns/") else [],
        "resolves": resolves,
        "answers": "Unknown",
        "reason": reason,
        "message": message,
        "addresses": [address] if address else [],
        "checked": NOW.isoformat(),
        "output": f"Server:\t127.0.0.53\n\nName:\tapi\nAddress: {address}",
    }


STEPS: tuple[tuple[str, str, tuple[str, ...], float, float], ...] = (
    ("resourceGroups/rg-payments", "group", (), 0, 2),
    ("networkSecurityGroups/nsg-nodes", "nsg", ("group",), 2, 6),
    ("routeTables/rt-payments", "table", ("group",), 2, 5),
    ("virtualNetworks/vnet-payments", "network", ("group",), 2, 8),
    ("virtualNetworks/vnet-payments/subnets/nodes", "subnet", ("network", "nsg", "table"), 8, 13),
    ("routeTables/rt-payments/routes/default-to-firewall", "route", ("table",), 5, 9),
    ("virtualNetworks/vnet-payments/virtualNetworkPeerings/to-hub", "peering", ("network",), 8, 31),
)
"""Of a reconcile: what, its id, what it needs, when it began and ended, in seconds."""


def _history(document: Json) -> Iterator[Json]:
    run = f"run-{document['metadata']['name']}"
    for path, step, needs, began, ended in reversed(STEPS):
        yield {
            "run": run,
            "step": step,
            "resourceId": f"{GROUP}/rg-payments/{NETWORKS}/{path}",
            "action": "create",
            "reason": f"{path.rpartition('/')[2]} is missing",
            "dependsOn": list(needs),
            "started": (NOW + timedelta(seconds=began)).isoformat(),
            "ended": (NOW + timedelta(seconds=ended)).isoformat(),
            "result": "Succeeded",
            "attempts": 1,
            "polls": 3,
        }


CHANGES: tuple[Json, ...] = (
    {"path": "properties.addressPrefix", "have": "10.64.0.0/26", "want": "10.64.0.0/24"},
    {
        "path": "properties.routeTable.id",
        "have": None,
        "want": f"{GROUP}/rg-payments/{NETWORKS}/routeTables/rt-payments",
    },
    {"path": "properties.delegations[old]", "have": {"name": "old", "actions": ["join", "read"]}, "want": None},
)
"""What the plan of a network that asks changes of its subnet."""


def _plan(document: Json) -> Json:
    name = document["metadata"]["name"]
    steps = [
        {
            "id": step,
            "resourceId": f"{GROUP}/rg-{name}/{NETWORKS}/{path}",
            "action": "update" if step == "subnet" else "create",
            "reason": f"{path.rpartition('/')[2]} is missing",
            "body": {"location": "westeurope", "properties": {"addressPrefix": "0.0.0.0/0"}},
            "dependsOn": list(needs),
            "changes": list(CHANGES) if step == "subnet" else [],
        }
        for path, step, needs, _, _ in STEPS[2:]
    ]
    wanted = steps if document["status"].get("approval") else []
    return {"document": f"{document['kind']}/{name}", "generation": 1, "steps": wanted, "waits": [], "hash": HASH}


def _asked(document: Json) -> Json:
    who = {"requestedBy": document["metadata"]["requestedBy"]}
    return {"time": NOW.isoformat(), "action": "asked", "who": who, "hash": HASH, "reason": "rule 2 asks for a person"}


def _events(made: Landscape) -> Iterator[Json]:
    for number, (key, document) in enumerate(list(made.documents.items())[:50]):
        first = document["status"]["conditions"][0]
        data = {"document": f"{document['kind']}/{document['metadata']['name']}", "generation": 1}
        yield {
            "id": f"event-{number}",
            "type": f"Spokewright.{document['kind']}.{'Ready' if first['status'] == 'True' else 'Degraded'}",
            "subject": key,
            "time": (NOW - timedelta(minutes=number)).isoformat(),
            "data": data | {"reason": first["reason"], "message": first["message"]},
        }
