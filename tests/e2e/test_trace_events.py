"""Traces that Azure's events and the sweep begin: a network that asks is wired in the trace of what told of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.damage import NO_EVENTS
from tests.e2e.site import NO_SWEEP, TAG, Site, hub, open_site
from tests.telemetry.told import DOCUMENT, RUN, Span, Told

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True, slots=True)
class Watched:
    """A site, and the file of what its app tells."""

    site: Site
    path: Path

    async def wired(self, name: str, space: str) -> tuple[str, str]:
        """Let a network ask, wait until it is wired, and return its id and its document."""
        group = await self.site.somebody.group("rg-team")
        subnets = {"nodes": {"addressPrefix": space.rpartition("/")[0] + "/26"}}
        network = await self.site.somebody.network(group, f"vnet-{name}", [space], subnets, {TAG: "weu"})
        if name == "unheard":
            await self.site.client.post("sweep")
        document = await self.site.attached(network)
        return network, f"Spoke/{document['metadata']['name']}"

    def way(self, document: str) -> list[Span]:
        """Return the first reconcile of a document with all that it is a part of."""
        told = Told.read(self.path)
        runs = [span for span in told.spans if span[RUN] and span[DOCUMENT] == document and span.name == "reconcile"]
        first = min(runs, key=lambda span: span.times)
        return [first, *told.above(first)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    """Yield a hub that takes networks in by itself, and what the app tells."""
    path = tmp_path_factory.mktemp("told") / "telemetry.jsonl"
    settings = {**NO_SWEEP, "SPOKEWRIGHT_TELEMETRY": f"file:{path}"}
    hubs = [hub(rules=[{"action": "auto"}])]
    async with open_site(tmp_path_factory.mktemp("site"), lambda _: hubs, settings=settings) as site:
        yield Watched(site, path)


async def test_an_event_begins_a_trace(watched: Watched) -> None:
    """The first run of a network that an event told of is below a wake, the look at the network, and the event."""
    network, document = await watched.wired("heard", "10.65.0.0/24")
    way = watched.way(document)
    assert [span.name for span in way] == ["reconcile", "wake", "look", "receive event"]
    assert way[2]["spokewright.resource"] == network
    writes = [span for span in Told.read(watched.path).named("PUT ") if span[DOCUMENT] == document]
    assert writes
    assert {span.key[0] for span in writes} == {way[0].key[0]}


async def test_a_sweep_begins_a_trace(watched: Watched) -> None:
    """Where no event came the first run is below a wake, the sweep, and the request that asked for it."""
    await watched.site.client.break_azure([NO_EVENTS])
    _, document = await watched.wired("unheard", "10.66.0.0/24")
    way = watched.way(document)
    assert [span.name for span in way] == ["reconcile", "wake", "sweep", "POST /api/sweep"]
