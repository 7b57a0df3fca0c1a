"""When Azure fails, refuses or stumbles: the condition says what and what to do, the rest goes on, and it heals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.demo.client import Client
from local.stack import Options, Stack
from tests.e2e.stage import Json, accepted_puts, all_ready, condition, example, until

pytestmark = pytest.mark.slow

FAILED_CLUSTER = {
    "match": {"method": "PUT", "path": "managedClusters/"},
    "fail_operation": {"code": "QuotaExceeded", "message": "No cores are left in westeurope."},
}
STUMBLES: list[Json] = [
    {
        "match": {"method": "PUT", "path": "virtualNetworks/[^/]+$", "nth": 1},
        "answer": {"status": 503, "code": "ServerTimeout"},
    },
    {
        "match": {"method": "PUT", "path": "azureFirewalls/", "nth": 1},
        "answer": {
            "status": 429,
            "code": "RetryableError",
            "message": "Another operation is updating it. The call can be retried in 12 seconds.",
        },
    },
    {
        "match": {"method": "GET", "path": "/operations/", "nth": 3},
        "answer": {"status": 500, "code": "InternalServerError"},
    },
    {
        "match": {"method": "GET", "path": "routeTables$", "nth": 1},
        "answer": {"status": 429, "code": "TooManyRequests", "headers": {"Retry-After": "5"}},
    },
]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """Yield a client of a fresh stack."""
    async with Stack(Options(tmp_path, 100.0)) as stack, Client(stack.endpoints) as client:
        yield client


async def test_a_failed_cluster_is_said_and_mended_by_retry(client: Client) -> None:
    """The cluster's condition has the resource, Azure's code and what to do; hub and spoke are ready; retry heals."""
    await client.break_azure([FAILED_CLUSTER])
    await client.send({"documents": example()}, message_id="failing", reply_to="reply-failing")

    async def failed() -> bool:
        documents = {document["kind"]: document for document in await client.documents()}
        return "Cluster" in documents and condition(documents["Cluster"], "Ready")["reason"] == "StepFailed"

    await until(failed)
    cluster = await client.api("clusters/payments-prod")
    message = condition(cluster, "Ready")["message"]
    assert "managed cluster aks-payments-prod" in message
    assert "QuotaExceeded: No cores are left in westeurope" in message
    assert "retry" in message
    for kind in ("hubs/weu", "spokes/payments"):
        assert condition(await client.api(kind), "Ready")["status"] == "True"
    assert "failed" in {reply.result for reply in await client.replies("reply-failing", 3)}
    await client.break_azure([])
    await client.post("clusters/payments-prod/retry")
    await until(lambda: all_ready(client))


async def test_what_heals_by_waiting_needs_nobody(client: Client) -> None:
    """Timeouts, locks, throttling and a lost poll delay a provisioning; nothing fails, nothing is written twice."""
    await client.break_azure(STUMBLES)
    await client.send({"documents": example()}, message_id="stumbling")
    await until(lambda: all_ready(client))
    history = [entry for document in await client.documents() for entry in await client.history(document)]
    assert {entry["result"] for entry in history} == {"Succeeded"}
    assert [path for path, count in accepted_puts(await client.journal()).items() if count > 1] == []
