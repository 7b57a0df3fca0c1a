"""Who has which resource: by outputs, by what a document names, by what it will have; kept for a moment."""

from __future__ import annotations

import asyncio
import copy
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.owners import KEPT_SECONDS, Register, owners
from shared.model import naming
from shared.model.document import to_json
from tests.model.samples import ATTACHED, MANAGED_CLUSTER, NETWORK, cluster, hub, spoke
from tests.plan.newcomers import newcomer

if TYPE_CHECKING:
    from shared.model.envelope import DocumentKey
    from shared.store.store import Store
    from tests.orchestration.app_on_fakes import App

HUB, SPOKE, CLUSTER = hub(), spoke(), cluster()
KEYS = tuple(document.key for document in (HUB, SPOKE, CLUSTER))
NETWORKS = NETWORK.rpartition("/")[0]
TABLE, ZONE = (
    f"{NETWORKS[: NETWORKS.rindex('/')]}/routeTables/rt",
    f"{NETWORKS[: NETWORKS.rindex('/')]}/privateDnsZones/z",
)


def stored(document: Any, *, leaving: bool = False, **outputs: Any) -> dict[str, Any]:
    """Return a document as it is stored, with outputs."""
    body = to_json(document)
    body["status"]["outputs"] = outputs
    body["metadata"]["deletionRequested"] = "2026-01-01T00:00:00Z" if leaving else None
    return body


OWNED: dict[str, tuple[list[dict[str, Any]], str, list[DocumentKey]]] = {
    "a hub's network that is not there yet": ([stored(HUB)], str(naming.hub_network(HUB)), [HUB.key]),
    "a spoke's network that is not there yet": (
        [stored(HUB), stored(SPOKE)],
        str(naming.spoke_network(SPOKE, HUB)),
        [SPOKE.key],
    ),
    "a cluster that is not there yet": (
        [stored(HUB), stored(SPOKE), stored(CLUSTER)],
        str(naming.managed_cluster(CLUSTER, SPOKE, HUB)),
        [CLUSTER.key],
    ),
    "a cluster that is not there yet, though its zone is": (
        [stored(HUB), stored(SPOKE), stored(CLUSTER, privateDnsZoneId=ZONE)],
        str(naming.managed_cluster(CLUSTER, SPOKE, HUB)),
        [CLUSTER.key],
    ),
    "a network that is not there yet, though its table is": (
        [stored(HUB), stored(SPOKE, routeTableId=TABLE)],
        str(naming.spoke_network(SPOKE, HUB)),
        [SPOKE.key],
    ),
    "a network of a document without its hub": ([stored(SPOKE)], str(naming.spoke_network(SPOKE, HUB)), []),
    "by an output": ([stored(SPOKE, virtualNetworkId=NETWORK)], NETWORK, [SPOKE.key]),
    "in another case": ([stored(SPOKE, virtualNetworkId=NETWORK)], NETWORK.upper(), [SPOKE.key]),
    "a route table": ([stored(SPOKE, routeTableId=TABLE)], TABLE, [SPOKE.key]),
    "a table that AKS keeps": ([stored(SPOKE, keptRouteTableIds=[TABLE])], TABLE, [SPOKE.key]),
    "a zone": ([stored(HUB, privateDnsZoneId=ZONE)], ZONE, [HUB.key]),
    "an adopted network, before any look": ([stored(newcomer())], NETWORK, [newcomer().key]),
    "an attached cluster, before any look": ([stored(cluster(**ATTACHED))], MANAGED_CLUSTER, [CLUSTER.key]),
    "a zone of two": (
        [stored(HUB, privateDnsZoneId=ZONE), stored(CLUSTER, privateDnsZoneId=ZONE.upper())],
        ZONE,
        [HUB.key, CLUSTER.key],
    ),
    "nobody's": ([stored(HUB), stored(SPOKE, virtualNetworkId=NETWORK)], NETWORK + "er", []),
}


@pytest.mark.parametrize(("documents", "resource", "keys"), OWNED.values(), ids=OWNED)
async def test_a_resource_belongs_to_its_documents(
    documents: list[dict[str, Any]], resource: str, keys: list[DocumentKey]
) -> None:
    """By what they have, by what they adopt, or by what they are about to make; in any spelling of the id."""
    assert list((await owners(documents)).of(resource)) == keys


async def test_networks_that_clusters_may_be_found_in() -> None:
    """Attached spokes by the key of their network; not those on their way in or out."""
    found = await owners(
        [
            stored(SPOKE, virtualNetworkId=NETWORK.upper()),
            stored(spoke("b", addressSpace=["10.64.4.0/22"])),
            stored(spoke("c", addressSpace=["10.64.8.0/22"]), leaving=True, virtualNetworkId=NETWORK + "c"),
        ]
    )
    assert found.networks == {NETWORK.lower(): "payments"}


async def test_hubs_that_take_networks_in() -> None:
    """Those with rules that are to stay."""
    ruled = hub("neu", onboarding__rules=[{"action": "auto"}])
    assert [found.name for found in (await owners([stored(HUB), stored(ruled)])).hubs] == ["neu"]
    assert (await owners([stored(ruled, leaving=True)])).hubs == ()


async def test_an_unreadable_document_hides_no_other() -> None:
    """What a newer version would not let in stops neither events nor the sweep; what it names is still its own."""
    ruled, odd = stored(hub(onboarding__rules=[{"action": "auto"}])), stored(hub("odd"))
    strange = copy.deepcopy(stored(spoke("b", addressSpace=["10.64.4.0/22"])))
    odd["spec"]["colour"] = strange["spec"]["colour"] = "red"
    found = await owners([odd, ruled, strange, stored(newcomer())])
    assert [taking.name for taking in found.hubs] == ["weu"]
    assert found.of(NETWORK) == (newcomer().key,)


class Desk:
    """A register over a store, with a clock that the test moves."""

    def __init__(self) -> None:
        self.time = 0.0
        self.register = Register(lambda: self.time)


async def test_kept_for_a_moment(store: Store) -> None:
    """A storm of events asks once; after a moment the store is asked again."""
    desk = Desk()
    first = await desk.register.current(store)
    await store.documents.put(stored(HUB), None)
    desk.time = KEPT_SECONDS - 0.01
    assert await desk.register.current(store) is first
    desk.time = KEPT_SECONDS
    assert (await desk.register.current(store)).of(str(naming.hub_network(HUB))) == (HUB.key,)


class Slow:
    """A store whose list is answered when the test says so, as it was when it was asked."""

    def __init__(self, *listed: dict[str, Any]) -> None:
        self.documents = self
        self.listed, self.answer, self.lists = listed, asyncio.Event(), 0

    async def list(self) -> list[Any]:
        """Return the documents, late."""
        self.lists += 1
        await self.answer.wait()
        return [SimpleNamespace(document=document) for document in self.listed]


async def test_many_who_ask_at_once_read_once() -> None:
    """A storm of events does not list all documents once for each of them."""
    register, store = Register(lambda: 0.0), Slow(stored(newcomer()))
    given: Any = store
    asking = [asyncio.create_task(register.current(given)) for _ in range(20)]
    await asyncio.sleep(0)
    store.answer.set()
    answers = await asyncio.gather(*asking)
    assert (store.lists, {answer.of(NETWORK) for answer in answers}) == (1, {(newcomer().key,)})


async def test_what_changed_while_the_store_was_read_is_known() -> None:
    """The answer may be from before a document was removed, or made, by this very process."""
    register, store = Register(lambda: 0.0), Slow(stored(newcomer()))
    given: Any = store
    asking = asyncio.create_task(register.current(given))
    await asyncio.sleep(0)
    register.forget(NETWORK)
    register.learn(MANAGED_CLUSTER, CLUSTER.key)
    store.answer.set()
    found = await asking
    assert (found.of(NETWORK), found.of(MANAGED_CLUSTER)) == ((), (CLUSTER.key,))


async def test_what_was_made_or_removed_this_moment_is_known(app: App) -> None:
    """What this process did itself is known without the store."""
    register = Register(lambda: 0.0)
    kept = await register.current(app.store)
    register.learn(NETWORK.upper(), SPOKE.key)
    assert kept.of(NETWORK) == (SPOKE.key,)
    register.forget(NETWORK)
    register.forget(NETWORK)
    assert kept.of(NETWORK) == ()
