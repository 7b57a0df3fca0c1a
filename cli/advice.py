"""What a person can do next about a document, from its conditions. Pure: a document in, sentences out.

The reasons are those of docs/reference/conditions.md; a reason that is not known here has no advice.
"""

from __future__ import annotations

from typing import Any

from cli import documents as d

Json = dict[str, Any]

APPROVAL = {
    "ApprovalNeeded": "Decide about its plan: spokewright approve {target}, or: spokewright reject {target}",
    "Rejected": "It was rejected. To have it asked about anew: spokewright retry {target}",
    "ApprovalExpired": "Nobody decided in time. To have it asked about anew: spokewright retry {target}",
    "Refused": "Mend what the message names, at the network or in the hub's rules, then: spokewright retry {target}",
}
BROKEN = {
    "StepFailed": "Mend the cause that Azure names, then: spokewright retry {target}",
    "Denied": "Give Spokewright the role that the message names, then: spokewright retry {target}",
    "Invalid": "Change the document as the message says, then: spokewright apply -f FILE",
    "InternalError": "See the app's log; it is tried again by itself, or now: spokewright retry {target}",
    "NotConverging": "Find out who changes it back (Azure's activity log), then: spokewright retry {target}",
    "ResourceMissing": "Its owner has to create what the message names; then: spokewright retry {target}",
    "ZoneNameTaken": "Remove the other zone's link from the hub's network, then: spokewright retry {target}",
    "AddressSpaceTaken": "Give it another address space, then: spokewright apply -f FILE",
    "PoolExhausted": "Give the hub a larger spokePool, or delete spokes that nobody needs",
    "NameTaken": "Rename what the message names, or give the document another name; then: spokewright retry {target}",
    "NextHopTaken": "Remove that route from the table, or let the spoke have its own; then: spokewright retry {target}",
    "SpokesAttached": "Delete its spokes first: spokewright get spokes --field spec.hub={name}",
    "ClustersAttached": "Delete its clusters first: spokewright get clusters --field spec.spoke={name}",
    "HubMissing": "Apply the hub that it names; it goes on by itself then",
    "SpokeMissing": "Apply the spoke that it names; it goes on by itself then",
    "HubNotReady": "Nothing: it goes on by itself. To see how far the hub is: spokewright describe hub/{hub}",
    "SpokeNotReady": "Nothing: it goes on by itself. To see how far the spoke is: spokewright describe spoke/{spoke}",
    "PeerNotReady": "Nothing: it goes on by itself as soon as the other side exists",
    "PeerLost": "Nothing: both sides of the peering are made anew by themselves",
    "NoJumpServer": "Give the hub a jumpServer, without which nothing can be proved",
    "VerificationFailed": "See its message; a hub without a jumpServer needs one. Then: spokewright retry {target}",
    "DoesNotResolve": "Read what the jump server saw: spokewright resolution --evidence",
    "WrongAddress": "Read what the jump server saw: spokewright resolution --evidence",
    "DoesNotAnswer": "Read what the jump server saw: spokewright resolution --evidence",
    "DnsServerFails": "Mend the server that the message names; to have it asked again now: spokewright retry {target}",
    "DnsRolledBack": "Mend the server that the message names; networks are pointed at it again once it answers",
    "DnsChanging": "Nothing: it goes on by itself. To see how far networks are: spokewright dns {name}",
    "DnsNotProven": "Nothing: it goes on by itself. To see what the servers answer: spokewright dns {hub}",
    "Restored": "Look what it would do: spokewright diff -f FILE. Then apply it, or: spokewright delete {target}",
    "PublicApiServer": "Make the cluster's API server private, or take its document away",
    "NotRouted": "Route the nodes' subnets to the hub's firewall; the message names them",
    "OtherWayOut": "The cluster has to use the outbound type userDefinedRouting",
}
DRIFT = {
    "repair": "Nothing: what was changed is being repaired. Who changed it stands in Azure's activity log",
    "report": "Its policy is to report drift only. To have it repaired, set spec.drift to repair and apply it",
    "ignore": "Its policy is to leave drift alone. To have it repaired, set spec.drift to repair and apply it",
}
CHAIN = "Mend what the message names. To see who else cannot: spokewright resolution {name}"
"""Of a cluster whose name does not get to somebody, or from where nobody gets to it: each link has its own words."""

LOOKED_AT = (d.READY, d.WAITING, "DnsServersAnswer", d.RESOLVABLE, d.REACHABLE, "ApiServerPrivate", "EgressRouted")


def advice(document: Json) -> list[str]:
    """Return what to do next, most urgent first; that there is nothing to do where that is so."""
    found = [*_deletion(document), *_approval(document), *_faults(document), *_drift(document)]
    if not found and d.is_ready(document):
        found = ["Nothing: it is as it asks to be"]
    if not found:
        found = ["Wait for it: spokewright wait {target} --for=condition=Ready"]
    spec = d.spec_of(document)
    words = {"target": d.target_of(document), "name": d.name_of(document)}
    words |= {"hub": spec.get("hub", "NAME"), "spoke": spec.get("spoke", "NAME")}
    return [text.format(**words) for text in dict.fromkeys(found)]


def _deletion(document: Json) -> list[str]:
    going = "Nothing: it is being deleted. To see it go: spokewright wait {target} --for=delete"
    return [going] if d.is_deleting(document) else []


def _approval(document: Json) -> list[str]:
    approved = d.condition(document, d.APPROVED)
    known = APPROVAL.get(str(approved["reason"])) if approved["status"] == "False" else None
    return [known] if known else []


def _faults(document: Json) -> list[str]:
    reasons = {type_: _bad_reason(document, type_) for type_ in LOOKED_AT}
    known = [BROKEN[reason] for reason in reasons.values() if reason in BROKEN]
    seen = [reasons[type_] for type_ in (d.RESOLVABLE, d.REACHABLE)]
    return known + [CHAIN for reason in seen if reason and reason not in BROKEN]


def _bad_reason(document: Json, type_: str) -> str:
    """Return the reason of a condition that is not as it should be."""
    found = d.condition(document, type_)
    bad = "True" if type_ == d.WAITING else "False"
    return str(found["reason"]) if found["status"] == bad else ""


def _drift(document: Json) -> list[str]:
    drifted = d.condition(document, d.DRIFTED)["status"] == "True"
    policy = str(d.spec_of(document).get("drift") or "repair")
    return [DRIFT[policy]] if drifted and policy in DRIFT else []
