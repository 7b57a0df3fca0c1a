"""Deleting what joined by itself: it goes with what it joined, and a person's word outlasts its tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orchestration.admission import admit
from orchestration.requesting import Operation, Request
from shared.model.document import parse_document, to_json
from shared.model.envelope import DocumentKey
from shared.model.errors import Changed, Invalid
from tests.model.samples import ATTACHED, MANAGED_CLUSTER, NETWORK, cluster, hub
from tests.plan.newcomers import newcomer

if TYPE_CHECKING:
    from orchestration.requesting import Admitted
    from tests.orchestration.app_on_fakes import App

HUB, SPOKE, CLUSTER = DocumentKey("Hub", "weu"), DocumentKey("Spoke", "old"), DocumentKey("Cluster", "payments-prod")


async def landscape(app: App, cluster_origin: str = "event") -> None:
    """Store a hub, a network that joined it, and a cluster in that."""
    found = to_json(cluster(**ATTACHED | {"spoke": "old"}))
    found["metadata"]["origin"] = cluster_origin
    for document in (hub(), newcomer(), parse_document(found)):
        await app.apply(document)


async def delete(app: App, *keys: DocumentKey, order: str = "2", **more: Any) -> Admitted:
    """Ask for deletions."""
    bodies = {f"$[{n}]": {"kind": key.kind, "metadata": {"name": key.name}} for n, key in enumerate(keys)}
    return await admit(app.store, app.clock, bodies, Operation.DELETE, Request(order, **more))


GONE: dict[str, tuple[tuple[DocumentKey, ...], list[DocumentKey], dict[str, str]]] = {
    "a cluster": ((CLUSTER,), [CLUSTER], {MANAGED_CLUSTER.lower(): "old"}),
    "a network takes its clusters along": ((SPOKE,), [CLUSTER, SPOKE], {NETWORK.lower(): "weu"}),
    "a hub takes all along": ((HUB,), [CLUSTER, SPOKE, HUB], {}),
    "all, named one by one": ((HUB, SPOKE, CLUSTER), [CLUSTER, SPOKE, HUB], {}),
    "a hub and its network": ((HUB, SPOKE), [CLUSTER, SPOKE, HUB], {}),
}


@pytest.mark.parametrize(("named", "going", "dismissed"), GONE.values(), ids=GONE)
async def test_what_joined_goes_with_what_it_joined(
    app: App, named: tuple[DocumentKey, ...], going: list[DocumentKey], dismissed: dict[str, str]
) -> None:
    """Each goes once, what is attached first; what was meant by itself is remembered, what merely went along is not."""
    await landscape(app)
    admitted = await delete(app, *named)
    assert (admitted.wake, admitted.changed) == (going, list(map(str, going)))
    assert await app.store.dismissals.all() == dismissed
    for key in going:
        assert (await app.read(key)).deleting


async def test_what_a_person_asked_for_is_not_taken_along(app: App) -> None:
    """A cluster that somebody requested keeps its network and hub, and is named."""
    await landscape(app, "request")
    for keys in ((HUB,), (SPOKE,), (HUB, SPOKE)):
        with pytest.raises(Invalid, match=f"{SPOKE} still has {CLUSTER} attached") as caught:
            await delete(app, *keys)
        assert {problem.path for problem in caught.value.problems} == {
            f"$[{n}].metadata.name" for n in range(len(keys))
        }
    assert await app.store.dismissals.all() == {}
    assert not (await app.read(SPOKE)).deleting


async def test_what_was_requested_is_not_dismissed(app: App) -> None:
    """Who deletes what they asked for sends nobody away."""
    await landscape(app, "request")
    await delete(app, CLUSTER)
    assert await app.store.dismissals.all() == {}


@pytest.mark.parametrize("key", [CLUSTER, SPOKE, HUB], ids=str)
async def test_a_deletion_that_is_refused_changes_nothing(app: App, key: DocumentKey) -> None:
    """If-Match for another version: it stays, with all that joined it, and so does its right to be there."""
    await landscape(app)
    with pytest.raises(Changed):
        await delete(app, key, accepts=lambda stored: stored.document["kind"] != key.kind)
    assert await app.store.dismissals.all() == {}
    assert not any([(await app.read(one)).deleting for one in (CLUSTER, SPOKE, HUB)])


async def test_a_version_is_that_of_what_was_asked_about(app: App) -> None:
    """If-Match with the hub's version: what goes along has another one, which nobody was asked for."""
    await landscape(app)
    admitted = await delete(app, HUB, accepts=lambda stored: stored.document["kind"] == "Hub")
    assert admitted.wake == [CLUSTER, SPOKE, HUB]


async def test_an_older_deletion_sends_nobody_away(app: App) -> None:
    """A deletion that was overtaken by a later request changes nothing."""
    await landscape(app)
    body = to_json(await app.read(CLUSTER))
    body["metadata"]["order"] = "5"
    await app.apply(body)
    assert (await delete(app, CLUSTER, order="2")).superseded == [str(CLUSTER)]
    assert await app.store.dismissals.all() == {}
