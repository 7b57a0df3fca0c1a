"""What requesters are limited to: hubs and subscriptions, of what they ask for and of what stands there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration import admission
from orchestration.access import limits, principal
from orchestration.access.caller import by_message
from orchestration.access.guard import permit_of
from orchestration.access.policy import Access, Mode
from orchestration.access.reach import NAMED, Permit, named, reach
from orchestration.dependencies import Dependencies
from orchestration.requesting import Operation, Request
from orchestration.settings import Settings
from orchestration.triggers import http
from shared.model.document import key_of
from shared.model.envelope import DocumentKey
from shared.model.errors import Forbidden
from shared.model.schemas import schema_of
from tests.access.people import ANN, BOB, TENANT, headers_of, person
from tests.model.samples import ATTACHED, MANAGED_CLUSTER, NETWORK, SUBSCRIPTION, sample
from tests.orchestration.test_http import Api

Json = dict[str, Any]

ELSEWHERE = "99999999-9999-4999-8999-999999999999"
TEAM = "c0000000-0000-4000-8000-00000000000c"
ZONE = f"/subscriptions/{ELSEWHERE}/resourceGroups/rg/providers/Microsoft.Network/privateDnsZones/privatelink.x.io"


MACHINE = f"/subscriptions/{ELSEWHERE}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm"


def entry(hubs: Any = "*", subscriptions: Any = "*") -> Json:
    """Return what an entry allows."""
    return {"hubs": hubs, "subscriptions": subscriptions}


def permit(*entries: Json) -> Permit:
    """Return the permit of somebody with these entries, each of a group."""
    if not entries:
        return Permit(())
    found = limits.parse(json.dumps({f"c0000000-0000-4000-8000-{n:012d}": one for n, one in enumerate(entries)}))
    return Permit(tuple((found.entries or {}).values()))


def known(*documents: Json) -> dict[DocumentKey, Json]:
    """Return documents by their keys."""
    return {key_of(document): document for document in documents}


STANDING = known(sample("Hub"), sample("Spoke"), sample("Cluster"))

REACHES: dict[str, tuple[Json, str, set[str]]] = {
    "a hub": (sample("Hub"), "weu", {SUBSCRIPTION}),
    "a hub with a zone elsewhere": (sample("Hub", dns__zoneId=ZONE), "weu", {SUBSCRIPTION, ELSEWHERE}),
    "a hub that takes in from elsewhere": (
        sample("Hub", onboarding={"rules": [{"subscriptions": [ELSEWHERE.upper()]}]}),
        "weu",
        {SUBSCRIPTION, ELSEWHERE},
    ),
    "a spoke in its hub's subscription": (sample("Spoke"), "weu", {SUBSCRIPTION}),
    "a spoke elsewhere": (sample("Spoke", subscriptionId=ELSEWHERE), "weu", {ELSEWHERE}),
    "a spoke with a machine elsewhere": (
        sample("Spoke", dns__machineId=MACHINE, dns__resolvesClusters=True),
        "weu",
        {SUBSCRIPTION, ELSEWHERE},
    ),
    "an adopted network": (sample("Spoke", virtualNetworkId=NETWORK), "weu", {SUBSCRIPTION}),
    "a cluster": (sample("Cluster"), "weu", {SUBSCRIPTION}),
    "a cluster with a zone elsewhere": (sample("Cluster", privateDns__zoneId=ZONE), "weu", {SUBSCRIPTION, ELSEWHERE}),
    "a cluster of others": (
        sample("Cluster", managedClusterId=MANAGED_CLUSTER.replace(SUBSCRIPTION, ELSEWHERE)),
        "weu",
        {SUBSCRIPTION, ELSEWHERE},
    ),
}


@pytest.mark.parametrize(("document", "hub", "subscriptions"), REACHES.values(), ids=REACHES)
def test_how_far_a_document_reaches(document: Json, hub: str, subscriptions: set[str]) -> None:
    """Its hub, and every subscription that it names anywhere or lies in."""
    found = reach(document, STANDING)
    assert (found.hub, found.subscriptions, found.unknown) == (hub, subscriptions, "")


@pytest.mark.parametrize(
    ("document", "words"),
    [(sample("Cluster", spoke="none"), "spoke none is not there"), (sample("Spoke", hub="none"), "hub none")],
    ids=["a cluster", "a spoke"],
)
def test_what_is_not_known_is_not_allowed(document: Json, words: str) -> None:
    """Who is limited cannot ask for what belongs nowhere yet: it might belong to others later."""
    assert words in permit(entry(["weu", "none"])).refuses(document, STANDING)
    assert permit(entry()).refuses(document, STANDING) == ""
    assert Permit().refuses(document, STANDING) == ""


def test_no_place_of_a_subscription_is_forgotten() -> None:
    """Wherever a document's schema has an id of a subscription, or of a resource, it is found by its member's name."""

    def places(schema: Any, member: str = "") -> Iterator[tuple[str, str]]:
        if isinstance(schema, dict):
            if isinstance(pattern := schema.get("pattern"), str) and "[0-9a-f" in pattern.lower():
                yield member, pattern
            for name, item in schema.items():
                inside = name in ("items", "anyOf", "properties", "$defs", "allOf")
                yield from places(item, member if inside else name)
        elif isinstance(schema, list):
            for item in schema:
                yield from places(item, member)

    found = [place for kind in ("Hub", "Spoke", "Cluster") for place in places(schema_of(kind))]
    assert {member for member, pattern in found if "/subscriptions/" not in pattern} <= {*NAMED}
    assert len(found) > 5


def test_ids_are_found_wherever_they_stand() -> None:
    """In lists, in the middle of an id, in any case."""
    assert set(named({"a": [{"subscriptions": ["X"]}], "b": f"/SUBSCRIPTIONS/{ELSEWHERE.upper()}/x"})) == {
        "x",
        ELSEWHERE,
    }


JUDGED: dict[str, tuple[list[Json], bool]] = {
    "everything": ([entry()], True),
    "its hub": ([entry(["weu"])], True),
    "its hub and subscription": ([entry(["weu"], [SUBSCRIPTION])], True),
    "among others": ([entry(["dev", "weu"], [ELSEWHERE, SUBSCRIPTION])], True),
    "another hub": ([entry(["dev"])], False),
    "another subscription": ([entry("*", [ELSEWHERE])], False),
    "no hub": ([entry([])], False),
    "no subscription": ([entry("*", [])], False),
    "no entry": ([], False),
    "one of two entries": ([entry(["dev"]), entry(["weu"], [SUBSCRIPTION])], True),
    "hub of one, subscription of the other": ([entry(["weu"], [ELSEWHERE]), entry(["dev"], [SUBSCRIPTION])], False),
}


@pytest.mark.parametrize(("entries", "allowed"), JUDGED.values(), ids=JUDGED)
def test_what_entries_allow(entries: list[Json], *, allowed: bool) -> None:
    """One entry has to have both the hub and the subscription."""
    said = permit(*entries).refuses(sample("Spoke"), STANDING)
    assert (said == "") is allowed
    assert allowed or "hub weu" in said


def test_who_has_which_entry() -> None:
    """Their own and their groups' together; `*` for whoever has none; nothing where there is none at all."""
    found = limits.parse(json.dumps({ANN: entry(["a"]), TEAM: entry(["t"]), "*": entry(["s"])}))

    def hubs(oid: str, *groups: str) -> set[str]:
        return {hub for grant in found.of(_caller(oid, *groups)) or () for hub in grant.hubs or ()}

    assert hubs(ANN) == {"a"}
    assert hubs(ANN, TEAM) == {"a", "t"}
    assert hubs(BOB, TEAM) == {"t"}
    assert hubs(BOB) == {"s"}
    assert limits.parse(json.dumps({ANN: entry()})).of(_caller(BOB)) == ()
    assert limits.parse("").of(_caller(BOB)) is None
    assert limits.parse(json.dumps({"*": entry()})).of_messages() is None
    assert limits.parse(json.dumps({"messages": entry([])})).of(_caller(BOB)) is None


def _caller(oid: str, *groups: str) -> Any:
    return principal.read(headers_of(person("Requester", oid=oid, groups=groups)), {TENANT})


# Through the handlers


ENTRA = Access(Mode.ENTRA, principals=True, tenants=frozenset({TENANT}))
ADMIN = headers_of(person("Admin"))
LIMITED = headers_of(person("Requester", oid=BOB, name="Bob"))


class Limited(Api):
    """The handlers, called by somebody who is limited to the hub `dev` and one subscription."""

    async def ask(self, handler: Any, document: Json, method: str, headers: dict[str, str]) -> tuple[int, Any]:
        """Ask for something about a document; return status and answer."""
        path = f"{document['kind'].lower()}s/{document['metadata']['name']}"
        wakes = handler is not http.preview_plan
        status, answer, _ = await self.call(handler, path, document, method, wakes=wakes, headers=headers)
        return status, answer


DEV = sample("Hub", "dev", resourceGroup="rg-dev", addressSpace=["10.9.0.0/22"], spokePool="10.128.0.0/10")
OURS = sample("Spoke", "ours", hub="dev", addressSpace=["10.128.0.0/22"])
APP = sample("Cluster", "app", spoke="ours")


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Limited]:
    """Two hubs, each with a spoke and a cluster; Azure is not there."""
    told = {BOB: entry(["dev"], [SUBSCRIPTION]), "messages": entry(["dev"])}
    access = Access(Mode.ENTRA, principals=True, tenants=ENTRA.tenants, limits=limits.parse(json.dumps(told)))
    dependencies = Dependencies(Settings(f"sqlite:{tmp_path / 'store.db'}", "unused", access=access))
    api = Limited(dependencies)
    for document in (sample("Hub"), sample("Spoke"), sample("Cluster"), DEV, OURS):
        assert (await api.ask(http.put_document, document, "PUT", ADMIN))[0] == 202
    api.client.started.clear()
    yield api
    await dependencies.store.close()


AKS_ZONE = ZONE.replace("privatelink.x.io", "privatelink.westeurope.azmk8s.io")
FOREIGN_CLUSTER = MANAGED_CLUSTER.replace(SUBSCRIPTION, ELSEWHERE)


def changed(document: Json, **members: Any) -> Json:
    """Return a document with other members of its spec."""
    return document | {"spec": document["spec"] | members}


REFUSED: dict[str, tuple[Any, str, Json]] = {
    "a hub of others": (http.put_document, "PUT", sample("Hub")),
    "a new hub": (http.put_document, "PUT", sample("Hub", "new")),
    "their own hub with a zone elsewhere": (http.put_document, "PUT", changed(DEV, dns={"zoneId": AKS_ZONE})),
    "a spoke of others": (http.put_document, "PUT", sample("Spoke")),
    "a new spoke in a hub of others": (http.put_document, "PUT", sample("Spoke", "new", addressSpace=["10.70.0.0/22"])),
    "a spoke elsewhere": (http.put_document, "PUT", sample("Spoke", "new", hub="dev", subscriptionId=ELSEWHERE)),
    "a network elsewhere": (
        http.put_document,
        "PUT",
        {
            **sample("Spoke", "new"),
            "spec": {"hub": "dev", "virtualNetworkId": NETWORK.replace(SUBSCRIPTION, ELSEWHERE)},
        },
    ),
    "their spoke into a hub of others": (http.put_document, "PUT", changed(OURS, hub="weu")),
    "a spoke of others into their hub": (http.put_document, "PUT", sample("Spoke", hub="dev")),
    "a cluster of others": (http.put_document, "PUT", sample("Cluster")),
    "a cluster in a spoke of others": (http.put_document, "PUT", sample("Cluster", "new")),
    "a cluster of others into their spoke": (http.put_document, "PUT", sample("Cluster", spoke="ours")),
    "a cluster of nowhere": (http.put_document, "PUT", sample("Cluster", "new", spoke="later")),
    "a foreign cluster elsewhere": (
        http.put_document,
        "PUT",
        sample(
            "Cluster",
            "new",
            spoke="ours",
            **(ATTACHED | {"managedClusterId": FOREIGN_CLUSTER}),
        ),
    ),
    "to delete a spoke of others": (http.delete_document, "DELETE", sample("Spoke")),
    "to delete a cluster of others": (http.delete_document, "DELETE", sample("Cluster")),
    "to delete a hub of others": (http.delete_document, "DELETE", sample("Hub")),
    "to retry a cluster of others": (http.retry, "POST", sample("Cluster")),
    "to preview a hub of others": (http.preview_plan, "POST", sample("Hub")),
    "to preview what lies elsewhere": (
        http.preview_plan,
        "POST",
        sample("Spoke", "new", hub="dev", subscriptionId=ELSEWHERE),
    ),
}


@pytest.mark.parametrize(("handler", "method", "document"), REFUSED.values(), ids=REFUSED)
async def test_beyond_their_limits_nothing_happens(api: Limited, handler: Any, method: str, document: Json) -> None:
    """403 that says how far it reaches and what they may; nothing is stored, nobody woken."""
    before = await api.dependencies.store.documents.list()
    status, problem = await api.ask(handler, document, method, LIMITED)
    if (status, problem["code"]) == (409, "Invalid"):  # what stands attached is refused before
        pytest.fail(problem["detail"])
    assert (status, problem["code"]) == (403, "OutsideLimits"), problem
    assert "you may ask for the hubs dev" in problem["detail"] or "is not there" in problem["detail"]
    assert all(fault["path"] and fault["message"] for fault in problem["errors"])
    assert await api.dependencies.store.documents.list() == before
    assert api.client.started == []


async def test_within_their_limits_they_work(api: Limited) -> None:
    """A cluster in their spoke, a change of it, a retry, and away with it."""
    assert (await api.ask(http.put_document, APP, "PUT", LIMITED))[0] == 202
    assert (await api.ask(http.put_document, changed(OURS, tags={"a": "b"}), "PUT", LIMITED))[0] == 202
    assert (await api.ask(http.retry, APP, "POST", LIMITED))[0] == 202
    assert (await api.ask(http.delete_document, APP, "DELETE", LIMITED))[0] == 202
    stored = await api.dependencies.store.documents.get(DocumentKey("Cluster", "app"))
    assert stored is not None
    assert (stored.document["metadata"]["requestedBy"], stored.document["metadata"]["changedBy"]) == (BOB, BOB)


async def test_what_comes_together_is_judged_together(api: Limited) -> None:
    """A spoke and its cluster in one request: the cluster is where its spoke will be, be that allowed or not."""
    allowed = permit_of(api.dependencies, _caller(BOB))
    new, shop = (
        sample("Spoke", "new", hub="dev", addressSpace=["10.129.0.0/22"]),
        sample("Cluster", "shop", spoke="new"),
    )
    store, clock = api.dependencies.store, api.dependencies.clock
    request = Request("9" * 15, by=by_message(), permit=allowed)
    with pytest.raises(Forbidden) as caught:
        await admission.admit(store, clock, {"$[0]": changed(new, hub="weu"), "$[1]": shop}, Operation.APPLY, request)
    assert [fault.path for fault in caught.value.problems] == ["$[0]", "$[1]"]
    admitted = await admission.admit(store, clock, {"$[0]": new, "$[1]": shop}, Operation.APPLY, request)
    assert admitted.changed == ["Spoke/new", "Cluster/shop"]
    bodies = {"$[0]": sample("Spoke"), "$[1]": sample("Cluster")}
    with pytest.raises(Forbidden) as caught:
        await admission.admit(store, clock, bodies, Operation.DELETE, request)
    assert sorted(fault.path for fault in caught.value.problems) == ["$[0]", "$[1]"]


async def test_whoever_has_no_entry_may_nothing(api: Limited) -> None:
    """Limits that name others are no free way for the rest; that their groups are left out is said."""
    body = person("Requester", oid="d0000000-0000-4000-8000-00000000000d")
    assert (await api.ask(http.put_document, OURS, "PUT", headers_of(body)))[0] == 403
    body["claims"].append({"typ": "hasgroups", "val": "true"})
    _, problem = await api.ask(http.put_document, OURS, "PUT", headers_of(body))
    assert "nothing: no entry is about them" in problem["detail"]
    assert "your token names no groups" in problem["detail"]


async def test_what_went_along_is_judged_too(api: Limited) -> None:
    """A hub whose networks joined from elsewhere takes these along: who may not touch them may not delete it."""
    stored = await api.dependencies.store.documents.get(DocumentKey("Spoke", "ours"))
    assert stored is not None
    joined = changed(stored.document, subscriptionId=ELSEWHERE)
    joined["metadata"] |= {"origin": "event"}
    await api.dependencies.store.documents.put(joined, stored.etag)
    status, problem = await api.ask(http.delete_document, DEV, "DELETE", LIMITED)
    assert (status, problem["code"]) == (403, "OutsideLimits")
    assert [fault["path"] for fault in problem["errors"]] == ["Spoke/ours"]


async def test_reads_are_not_limited(api: Limited) -> None:
    """Who may read reads everything: limits are about changes."""
    status, document, _ = await api.call(http.get_document, "spokes/payments", headers=LIMITED)
    assert (status, document["metadata"]["name"]) == (200, "payments")
