"""What is asked of Azure: the question about a network's links, whose id somebody else wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orchestration import observing
from shared.plan.documents.zone_links import OF_NETWORK
from shared.plan.observed import Read
from tests.model.samples import NETWORK

if TYPE_CHECKING:
    from collections.abc import Sequence

QUOTED = {
    "as Azure names them": (NETWORK, NETWORK),
    "a quote": (f"{NETWORK}'or'a'=~'a", rf"{NETWORK}\'or\'a\'=~\'a"),
    "a backslash before a quote": (rf"{NETWORK}\'|take", rf"{NETWORK}\\\'|take"),
}


class Graph:
    """The door to Azure, of which only questions to Resource Graph are asked."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    async def subscriptions(self) -> tuple[str, ...]:
        """Return a subscription."""
        return ("s",)

    async def query(self, query: str, _: Sequence[str]) -> tuple[Any, ...]:
        """Note the question; find nothing."""
        self.queries.append(query)
        return ()


@pytest.mark.parametrize("name", QUOTED)
async def test_an_id_stays_a_text_in_the_question(name: str) -> None:
    """A document may name a network with quotes in its id: they end no text, and so ask nothing else."""
    graph: Any = Graph()
    given, written = QUOTED[name]
    await observing.ask(graph, [Read(OF_NETWORK, given)])
    (query,) = graph.queries
    assert f"=~ '{written}' | project" in query
