"""How documents are let in: whole or not at all, in the order of the requests, whatever the order of delivery."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.admission import DOCUMENTS_IN_ONE_REQUEST, admit
from orchestration.requesting import Admitted, Operation, Request
from shared.model.envelope import DocumentKey
from shared.model.errors import Invalid
from tests.model.samples import NETWORK, sample

if TYPE_CHECKING:
    from shared.store.store import Store

HUB, SPOKE, CLUSTER = (
    DocumentKey("Hub", "weu"),
    DocumentKey("Spoke", "payments"),
    DocumentKey("Cluster", "payments-prod"),
)
ALL = (sample("Hub"), sample("Spoke"), sample("Cluster"))


def at(order: str) -> Request:
    """Return a request at this place among all."""
    return Request(order, f"id-{order}", f"c-{order}", "answers")


def listed(*bodies: Any) -> dict[str, Any]:
    """Return documents by the paths that a list gives them."""
    return {f"$.documents[{index}]": body for index, body in enumerate(bodies)}


async def apply(store: Store, *bodies: Any, order: str = "1") -> Admitted:
    """Ask for documents."""
    return await admit(store, lambda: datetime(2026, 1, 1, tzinfo=UTC), listed(*bodies), Operation.APPLY, at(order))


async def delete(store: Store, *bodies: Any, order: str = "2") -> Admitted:
    """Ask for deletions."""
    return await admit(store, lambda: datetime(2026, 1, 1, tzinfo=UTC), listed(*bodies), Operation.DELETE, at(order))


async def stored(store: Store, key: DocumentKey) -> Any:
    """Return a document as it is stored, or None."""
    found = await store.documents.get(key)
    return found and found.document


def named(key: DocumentKey) -> dict[str, Any]:
    """Return the least that names a document."""
    return {"kind": key.kind, "metadata": {"name": key.name}}


async def test_documents_are_stored_with_defaults_and_woken_hub_first(store: Store) -> None:
    """Whatever their order in the request, those that others need come first; defaults are visible."""
    admitted = await apply(store, *reversed(ALL))
    assert admitted.changed == ["Hub/weu", "Spoke/payments", "Cluster/payments-prod"]
    assert set(admitted.wake) == {HUB, SPOKE, CLUSTER}
    hub = await stored(store, HUB)
    assert hub["spec"]["firewall"]["sku"] == "Standard"
    assert hub["metadata"] == {
        "name": "weu", "generation": 1, "deletionRequested": None, "order": "1",
        "origin": "request", "requestedBy": None, "changedBy": None,
    }  # fmt: skip
    assert hub["status"]["request"] == {"id": "id-1", "correlationId": "c-1", "replyTo": "answers"}


async def test_one_bad_document_refuses_the_whole_request(store: Store) -> None:
    """Every problem of every document is named by its path in the request, and nothing is stored."""
    with pytest.raises(Invalid) as caught:
        await apply(
            store,
            sample("Hub", addressSpace=["10.0.0.0/30"], colour="red"),
            sample("Spoke", hub="WEU!"),
            sample("Cluster"),
            {"kind": "Car"},
            7,
        )
    paths = [problem.path for problem in caught.value.problems]
    assert {path.split(".spec")[0] for path in paths} == {
        "$.documents[0]", "$.documents[1]", "$.documents[3].kind", "$.documents[4]",
    }  # fmt: skip
    assert {"$.documents[0].spec.colour", "$.documents[1].spec.hub"} <= set(paths)
    assert await store.documents.list() == ()


async def test_documents_are_judged_against_each_other_and_the_stored_ones(store: Store) -> None:
    """An overlap with a stored document and one within the request are both found, with their paths."""
    await apply(store, ALL[0], ALL[1])
    with pytest.raises(Invalid) as caught:
        await apply(
            store,
            sample("Spoke", "one", addressSpace=["10.64.0.0/23"]),
            sample("Spoke", "two", addressSpace=["10.64.1.0/24"]),
            order="2",
        )
    said = {(problem.path, problem.message.split(",")[1].strip()) for problem in caught.value.problems}
    assert said == {
        ("$.documents[0].spec.addressSpace[0]", "the address space of Spoke/payments; use another range"),
        ("$.documents[0].spec.addressSpace[0]", "the address space of Spoke/two; use another range"),
        ("$.documents[1].spec.addressSpace[0]", "the address space of Spoke/payments; use another range"),
        ("$.documents[1].spec.addressSpace[0]", "the address space of Spoke/one; use another range"),
    }


async def test_a_document_twice_in_a_request_is_refused(store: Store) -> None:
    """Which of the two is meant cannot be known."""
    with pytest.raises(Invalid, match="stands there twice"):
        await apply(store, ALL[0], ALL[0])


async def test_too_many_documents_are_refused(store: Store) -> None:
    """A request has a limit, which the refusal names."""
    with pytest.raises(Invalid, match="send at most 100"):
        await apply(store, *[sample("Hub")] * (DOCUMENTS_IN_ONE_REQUEST + 1))


async def test_the_same_documents_again_change_nothing(store: Store) -> None:
    """A repeated request keeps the generation and the status, and wakes: somebody asked."""
    await apply(store, *ALL)
    await store.documents.update_status(HUB, lambda status: status | {"outputs": {"firewallPrivateIp": "10.0.0.4"}})
    admitted = await apply(store, *ALL, order="2")
    assert (admitted.changed, len(admitted.unchanged)) == ([], 3)
    assert set(admitted.wake) == {HUB, SPOKE, CLUSTER}
    hub = await stored(store, HUB)
    assert (hub["metadata"]["generation"], hub["metadata"]["order"]) == (1, "2")
    assert hub["status"]["outputs"] == {"firewallPrivateIp": "10.0.0.4"}


async def test_a_change_is_the_next_generation(store: Store) -> None:
    """A changed spec counts up and keeps what was found of the old one."""
    await apply(store, *ALL)
    admitted = await apply(store, sample("Cluster", tier="Free"), order="2")
    assert admitted.changed == ["Cluster/payments-prod"]
    assert (await stored(store, CLUSTER))["metadata"]["generation"] == 2


@pytest.mark.parametrize("operation", Operation)
async def test_what_was_asked_earlier_never_stands_over_what_was_asked_later(
    store: Store, operation: Operation
) -> None:
    """A request that is delivered late is told that a later one was here, and wakes nobody for it."""
    await apply(store, sample("Hub", tags={"v": "new"}), order="5")
    late = apply if operation is Operation.APPLY else delete
    admitted = await late(store, sample("Hub", tags={"v": "old"}), order="4")
    assert (admitted.superseded, admitted.wake) == (["Hub/weu"], [])
    hub = await stored(store, HUB)
    assert hub["spec"]["tags"] == {"v": "new"}
    assert hub["metadata"]["deletionRequested"] is None


async def test_a_deletion_that_comes_before_its_creation_stands(store: Store) -> None:
    """A tombstone remembers the later request; one that is later still creates the document."""
    assert (await delete(store, named(HUB), order="5")).unchanged == ["Hub/weu"]
    assert (await apply(store, ALL[0], order="4")).superseded == ["Hub/weu"]
    assert await stored(store, HUB) is None
    assert (await apply(store, ALL[0], order="6")).changed == ["Hub/weu"]


async def test_a_deletion_marks_and_counts_up_once(store: Store) -> None:
    """Asking twice keeps the first time and the generation; the reconciler is woken both times."""
    await apply(store, ALL[0])
    assert (await delete(store, named(HUB))).wake == [HUB]
    first = (await stored(store, HUB))["metadata"]
    assert (first["deletionRequested"], first["generation"]) == ("2026-01-01T00:00:00+00:00", 2)
    assert (await delete(store, named(HUB), order="3")).wake == [HUB]
    assert (await stored(store, HUB))["metadata"] == first | {"order": "3"}


async def test_applying_takes_a_deletion_back(store: Store) -> None:
    """A later request for the document itself keeps it, as a new generation."""
    await apply(store, ALL[0])
    await delete(store, named(HUB))
    assert (await apply(store, ALL[0], order="3")).changed == ["Hub/weu"]
    metadata = (await stored(store, HUB))["metadata"]
    assert (metadata["deletionRequested"], metadata["generation"]) == (None, 3)


@pytest.mark.parametrize(
    ("going", "staying"), [(HUB, "Spoke/payments"), (SPOKE, "Cluster/payments-prod")], ids=["hub", "spoke"]
)
async def test_what_others_are_attached_to_is_not_deleted(store: Store, going: DocumentKey, staying: str) -> None:
    """The refusal names who is attached, and nothing is marked."""
    await apply(store, *ALL)
    with pytest.raises(Invalid) as caught:
        await delete(store, named(CLUSTER) if going == HUB else named(HUB) | {"kind": "Cluster"}, named(going))
    (problem,) = caught.value.problems
    assert problem.path == "$.documents[1].metadata.name"
    assert f"{going} still has {staying} attached" in problem.message
    assert all(not item.document["metadata"]["deletionRequested"] for item in await store.documents.list())


async def test_all_of_them_go_in_one_request(store: Store) -> None:
    """With what is attached in the same request, or on its way already, a hub may go; what needs others goes first."""
    await apply(store, *ALL)
    await delete(store, named(CLUSTER), order="2")
    admitted = await delete(store, named(HUB), named(SPOKE), order="3")
    assert admitted.changed == ["Spoke/payments", "Hub/weu"]


BAD_NAMES: dict[str, tuple[Any, str]] = {
    "no object": (7, "$.documents[0]"),
    "no kind": ({"metadata": {"name": "x"}}, "$.documents[0].kind"),
    "an unknown kind": ({"kind": "Car", "metadata": {"name": "x"}}, "$.documents[0].kind"),
    "a kind that is a list": ({"kind": ["Hub"], "metadata": {"name": "x"}}, "$.documents[0].kind"),
    "no metadata": ({"kind": "Hub"}, "$.documents[0].metadata.name"),
    "metadata of another type": ({"kind": "Hub", "metadata": "weu"}, "$.documents[0].metadata.name"),
    "a name of another type": ({"kind": "Hub", "metadata": {"name": 7}}, "$.documents[0].metadata.name"),
    "an empty name": ({"kind": "Hub", "metadata": {"name": ""}}, "$.documents[0].metadata.name"),
    "a name that none can have": (
        {"kind": "Hub", "metadata": {"name": "x/../y" * 200}},
        "$.documents[0].metadata.name",
    ),
}


@pytest.mark.parametrize(("body", "path"), BAD_NAMES.values(), ids=BAD_NAMES)
async def test_a_deletion_has_to_name_a_document(store: Store, body: Any, path: str) -> None:
    """What cannot be a document's name is refused with its path."""
    with pytest.raises(Invalid) as caught:
        await delete(store, body)
    assert [problem.path for problem in caught.value.problems] == [path]


async def test_a_bare_deletion_of_what_is_not_there_is_fine(store: Store) -> None:
    """What should be gone is gone: nothing to wake."""
    admitted = await delete(store, named(SPOKE))
    assert (admitted.unchanged, admitted.wake) == (["Spoke/payments"], [])


async def test_requests_at_once_leave_the_latest_standing(store: Store) -> None:
    """However requests for one new document interleave, the last in order stands, and none fails."""
    orders = [f"{number}" for number in (4, 1, 5, 2, 3)]
    await asyncio.gather(*(apply(store, sample("Hub", tags={"v": order}), order=order) for order in orders))
    hub = await stored(store, HUB)
    assert (hub["spec"]["tags"], hub["metadata"]["order"]) == ({"v": "5"}, "5")


async def test_a_network_is_adopted_once(store: Store) -> None:
    """Two spokes that adopt the same network, in any spelling, are refused."""
    with pytest.raises(Invalid, match="a network joins a hub once"):
        await apply(
            store,
            ALL[0],
            sample("Spoke", "one", addressSpace=[], virtualNetworkId=NETWORK),
            sample("Spoke", "two", addressSpace=[], virtualNetworkId=NETWORK.replace("rg-old", "RG-OLD")),
        )


FIXED: dict[str, tuple[dict[str, Any], str]] = {
    "a hub's group": (sample("Hub", resourceGroup="rg-other"), "$.documents[0].spec.resourceGroup"),
    "a hub's region": (sample("Hub", location="northeurope"), "$.documents[0].spec.location"),
    "a spoke's hub": (sample("Spoke", hub="neu"), "$.documents[0].spec.hub"),
    "a cluster's zone": (
        sample("Cluster", privateDns={"mode": "system"}),
        "$.documents[0].spec.privateDns.mode",
    ),
}


@pytest.mark.parametrize(("body", "path"), FIXED.values(), ids=FIXED)
async def test_what_places_resources_cannot_be_changed(store: Store, body: Any, path: str) -> None:
    """A change that would make everything anew, and forget the old, is refused with what to do."""
    await apply(store, *ALL)
    with pytest.raises(Invalid, match="apply it anew") as caught:
        await apply(store, body, order="2")
    assert path in [problem.path for problem in caught.value.problems]


async def test_what_azure_spells_its_own_way_is_no_change(store: Store) -> None:
    """The same group in another case is the same group."""
    await apply(store, *ALL)
    assert (await apply(store, sample("Hub", resourceGroup="RG-HUB-WEU"), order="2")).changed == ["Hub/weu"]


async def test_an_unreadable_stored_document_refuses_nobody_else(store: Store) -> None:
    """What a newer version would not let in any more is not held against other requests."""
    await apply(store, ALL[0])
    old = await stored(store, HUB)
    old["spec"]["colour"] = "red"
    await store.documents.update(HUB, lambda _: old)
    assert (await apply(store, ALL[1], order="2")).changed == ["Spoke/payments"]


@pytest.mark.parametrize(
    ("state", "woken"),
    [("asked", [SPOKE]), ("refused", [SPOKE]), ("rejected", []), ("expired", []), ("approved", []), (None, [])],
)
async def test_a_hub_wakes_the_networks_that_its_new_rules_may_let_in(
    store: Store, state: str | None, woken: list[DocumentKey]
) -> None:
    """What a person decided stands, and so does what runs out."""
    await apply(store, *ALL[:2])
    approval = {"state": state, "hub": "weu", "addressSpace": ["10.64.0.0/22"]} if state else None
    await store.documents.update_status(SPOKE, lambda status: status | {"approval": approval})
    admitted = await apply(store, ALL[0], order="2")
    assert admitted.wake == [HUB, *woken]
