"""What the end-to-end tests share: the example documents, waiting with a limit, and reading the journal."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from local.demo.client import Client

Json = dict[str, Any]

EXAMPLE = Path(__file__).parents[2] / "examples" / "first-cluster.yaml"
PATIENCE = 150.0
OURS = "spokewright"


def example() -> list[Json]:
    """Return the three documents of the first cluster."""
    return list(yaml.safe_load_all(EXAMPLE.read_text()))


async def until(what: Callable[[], Awaitable[bool]], seconds: float = PATIENCE, pause: float = 0.2) -> None:
    """Wait for something to hold; fail after `seconds`."""
    limit = time.monotonic() + seconds
    while not await what():
        assert time.monotonic() < limit, f"not so within {seconds:.0f} s"
        await asyncio.sleep(pause)


def condition(document: Json, type_: str) -> Json:
    """Return a document's condition; an empty one where it has none."""
    found = document["status"].get("conditions", [])
    return next((one for one in found if one["type"] == type_), {"status": "", "reason": "", "message": ""})


def is_ready(document: Json) -> bool:
    """Say whether a document is Ready in its present generation, and at rest."""
    current = document["status"]["observedGeneration"] == document["metadata"]["generation"]
    at_rest = condition(document, "Reconciling")["status"] == "False"
    return current and at_rest and condition(document, "Ready")["status"] == "True"


async def all_ready(client: Client, count: int = 3) -> bool:
    """Say whether there are so many documents and all of them are ready."""
    documents = await client.documents()
    return len(documents) == count and all(is_ready(document) for document in documents)


async def ready_again(client: Client) -> bool:
    """Say whether all are ready, by a host that may just be starting."""
    try:
        return await all_ready(client)
    except OSError:
        return False


async def none_left(client: Client) -> bool:
    """Say whether all documents are gone."""
    return not await client.documents()


def requests(journal: list[Json], *methods: str) -> list[Json]:
    """Return our own requests in a journal, of some methods."""
    return [
        line
        for line in journal
        if line["entry"] == "request" and line["client"].startswith(OURS) and line["method"] in methods
    ]


def accepted_puts(journal: list[Json]) -> Counter[str]:
    """Count the PUTs of each resource that Azure accepted."""
    return Counter(line["path"].lower() for line in requests(journal, "PUT") if line["status"] < 400)


def last(journal: list[Json]) -> int:
    """Return the number of the journal's last line."""
    return max((line["n"] for line in journal), default=0)
