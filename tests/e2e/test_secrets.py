"""Secrets in what comes in, in headers and in Azure's answers: none of them is in anything that leaves, or is kept."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient

from local.demo.client import Client
from local.endpoints import read_endpoints
from local.somebody import Somebody
from local.stack import Options, Stack
from shared.store.packing import unpack
from tests.e2e.site import TAG, hub, said
from tests.e2e.stage import Json, condition, is_ready, until
from tests.telemetry.told import Told

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SPEED = 300.0
REPLIES = "reply-secrets"


def key(name: str, length: int) -> str:
    """Return bytes in base64, as Azure's keys are, that can be recognised."""
    return base64.b64encode(f"planted {name} ".encode().ljust(length, b"k")).decode()


PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1wbGFudGVkLXByaXZhdGU\n-----END OPENSSH PRIVATE KEY-----"
PLANTED = {
    "function key": f"https://app.example/api/hubs?code={'plantedFunctionKey0123456789'}AzFuAAAA==",
    "connection string": f"Endpoint=sb://x.example/;SharedAccessKeyName=root;SharedAccessKey={key('bus', 32)}",
    "storage": f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={key('storage', 64)};EndpointSuffix=x",
    "shared access signature": "https://a.example/c?sv=2024-11-04&sp=r&sig=plantedSig%2Bnature0123%3D",
    "bearer token": "Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJwbGFudGVkIjoidG9rZW4ifQ.cGxhbnRlZA",
    "opaque token": "Bearer plantedOpaqueToken0123456789",
    "kubeconfig": "user:\n  client-key-data: cGxhbnRlZC1jbGllbnQta2V5\n  token: plantedUserToken0123456789",
    "private key": PEM,
    "topic key": f"aeg-sas-key: {key('topic', 32)}",
    "new topic key": f"the key {'plantedTopic' + 'A' * 40}JQQJ99{'B' * 26} was refused",
    "operation": "https://management.example/operations/1?api-version=2026-03-01&t=1&c=plantedC&s=plantedS&h=plantedH",
    "password": 'the profile has "adminPassword": "plantedPassw0rd"',
}
MARKS = ("planted", "b3BlbnNzaC1wbGFudGVk", "cGxhbnRlZ", base64.b64encode(b"planted ").decode()[:10], "eyJwbGFudGVk")
"""What any of them can be known by, plain and in base64."""

TEXT = " ; ".join(PLANTED.values())


class Settings(Mapping[str, str]):
    """App settings, one of which is known only once the simulator runs: the key of its topic."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._given = {
            "SPOKEWRIGHT_SWEEP_MINUTES": "10000",
            "SPOKEWRIGHT_TELEMETRY": f"file:{state / 'telemetry.jsonl'}",
            "OTEL_METRIC_EXPORT_INTERVAL": "500",
        }

    def __getitem__(self, name: str) -> str:
        if name == "SPOKEWRIGHT_TOPIC_KEY":
            return str(read_endpoints(self._state)["topicKey"])
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        yield from (*self._given, "SPOKEWRIGHT_TOPIC_KEY")

    def __len__(self) -> int:
        return len(self._given) + 1


class Scene:
    """A stack into which secrets are brought in every way there is, and what left it afterwards, by its way out."""

    def __init__(self, state: Path, stack: Stack, client: Client, somebody: Somebody) -> None:
        self.state, self.stack, self.client, self.somebody = state, stack, client, somebody
        self.out: dict[str, str] = {}
        self.answers: list[Any] = []

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Ask the API, and keep what it answered."""
        status, answer = await self.client.ask(method, path, body, **headers)
        self.answers.append(answer)
        return status, answer

    async def by_queue(self) -> None:
        """Send documents and other things with secrets in them, and in the properties of their messages."""
        ours = hub("weu", rules=[{"action": "approve"}])
        wrong = hub("bad")
        wrong["spec"]["jumpServer"] = {"sshPublicKey": PEM}
        wrong["spec"]["kubeconfig"] = PLANTED["kubeconfig"]
        wrong["spec"]["firewall"] = {"sku": TEXT}
        wrong["spec"]["location"] = PLANTED["shared access signature"]
        wrong["metadata"]["labels"] = {"note": TEXT}
        bodies = (ours, wrong, TEXT, {"documents": [TEXT]}, {PLANTED["storage"]: 1}, [PLANTED["bearer token"]])
        bus = ServiceBusClient.from_connection_string(self.stack.endpoints["serviceBus"])
        properties: Any = {"operation": "apply", "authorization": PLANTED["bearer token"], "note": TEXT}
        async with bus, bus.get_queue_sender("provisioning-requests") as sender:
            for number, body in enumerate(bodies):
                text = body if isinstance(body, str) else json.dumps(body)
                message = ServiceBusMessage(
                    text, message_id=f"m{number}", reply_to=REPLIES, application_properties=properties
                )
                await sender.send_messages(message)
            odd: Any = {"operation": TEXT}
            await sender.send_messages(ServiceBusMessage("{}", message_id="odd", application_properties=odd))

    async def by_http(self) -> None:
        """Ask with secrets in headers, parameters and bodies."""
        headers = {
            "Authorization": "Bearer plantedOpaqueToken0123456789",
            "X-MS-TOKEN-AAD-ACCESS-TOKEN": PLANTED["opaque token"],
            "X-MS-CLIENT-PRINCIPAL": base64.b64encode(b"planted principal of somebody").decode(),
            "Cookie": "AppServiceAuthSession=plantedSession0123456789",
        }
        wrong = hub("bad")
        wrong["spec"]["jumpServer"] = {"sshPublicKey": PEM}
        wrong["spec"]["privateDns"] = PLANTED["kubeconfig"]
        for method, path, body in (
            ("GET", f"hubs?limit={PLANTED['opaque token']}", None),
            ("GET", "resolution?sig=plantedSig0123456789", None),
            ("PUT", "hubs/bad", wrong),
            ("PUT", "hubs/bad", TEXT),
            ("POST", "hubs/weu/approve", {"hash": TEXT, "reason": TEXT, "by": PLANTED["opaque token"]}),
            ("POST", "events", json.dumps([{"eventType": TEXT, "data": {"resourceUri": TEXT, "operationName": TEXT}}])),
            ("POST", "events", TEXT),
        ):
            await self.ask(method, path, body, **headers)

    async def by_azure(self) -> None:
        """Let Azure refuse a write of a spoke, and fail an operation, with secrets in what it says."""
        spoken = {"code": "Odd", "message": TEXT}
        await self.client.break_azure(
            [
                {"match": {"method": "PUT", "path": "routeTables/[^/]+$"}, "answer": {"status": 400, **spoken}},
                {"match": {"method": "PUT", "path": "networkSecurityGroups/[^/]+$"}, "fail_operation": spoken},
            ]
        )
        spec = {"hub": "weu", "resourceGroup": "rg-payments", "addressSpace": ["10.64.0.0/22"]}
        spoke = {"apiVersion": "spokewright/v1", "kind": "Spoke", "metadata": {"name": "payments"}, "spec": spec}
        await self.client.send({"documents": [spoke]}, message_id="spoke", reply_to=REPLIES)
        await until(lambda: self._is("spokes/payments", "StepFailed"))

    async def by_decision(self) -> None:
        """Reject a network that asks, for a reason with secrets in it."""
        group = await self.somebody.group("rg-team")
        network = await self.somebody.network(
            group, "vnet-asks", ["10.65.0.0/24"], {"nodes": {"addressPrefix": "10.65.0.0/26"}}, {TAG: "weu"}
        )
        asking: list[Json] = []

        async def asks() -> bool:
            found = [one for one in await self.client.documents() if one["spec"].get("virtualNetworkId") == network]
            asking[:] = [one for one in found if said("ApprovalNeeded")(one)]
            return bool(asking)

        await until(asks)
        path = f"spokes/{asking[0]['metadata']['name']}"
        plan = await self.client.api(f"{path}/plan")
        decision = {"hash": plan["hash"], "decision": "reject", "reason": PLANTED["opaque token"]}
        assert (await self.ask("POST", f"{path}/approve", decision))[0] == 202
        await until(lambda: self._is(path, "Rejected"))
        await self.ask("GET", f"{path}/audit")

    async def _is(self, path: str, reason: str) -> bool:
        return bool(condition(await self.client.api(path), "Ready")["reason"] == reason)

    async def gather(self) -> None:
        """Collect all that left."""
        for path in (
            "hubs/weu",
            "spokes/payments",
            "spokes/payments/history",
            "spokes/payments/audit",
            "hubs",
            "spokes",
        ):
            await self.ask("GET", path)
        for path in ("overview", "topology", "resolution", "events", "clusters", "hubs/weu/history", "hubs/weu/audit"):
            await self.ask("GET", path)
        await asyncio.sleep(2)
        self.out["telemetry"] = (self.state / "telemetry.jsonl").read_text()
        self.out["host's log"] = (self.state / "host.log").read_text()
        self.out["replies"] = json.dumps([vars_of(reply) for reply in await self._replies()])
        self.out["lifecycle events"] = json.dumps(await self.client.told())
        self.out["answers"] = json.dumps(self.answers)
        self.out["store"] = dump(self.state / "store.db")

    async def _replies(self) -> list[Any]:
        found: list[Any] = []
        while more := await self.client.replies(REPLIES, 2):
            found += more
        return found


def vars_of(reply: Any) -> Json:
    """Return what a reply says."""
    return {"result": reply.result, "body": reply.body}


def dump(path: Path) -> str:
    """Return everything that the store holds, what is compressed too, as text."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = connection.execute("select tbl, part, key, value from rows").fetchall()
        return "\n".join(f"{' '.join(row[:3])} {json.dumps(unpack(row[3]))}" for row in rows)
    finally:
        connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """Yield what left a stack after secrets came in by every door."""
    state = tmp_path_factory.mktemp("secrets")
    options = Options(state, SPEED, settings=Settings(state))
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        scene = Scene(state, stack, client, somebody)
        await scene.by_queue()

        async def ready() -> bool:
            found = await client.documents()
            return len(found) == 1 and all(map(is_ready, found))

        await until(ready)
        await scene.by_http()
        await scene.by_azure()
        await scene.by_decision()
        await scene.gather()
        yield scene


WAYS = ("telemetry", "host's log", "replies", "lifecycle events", "answers", "store")


@pytest.mark.parametrize("way", WAYS)
async def test_nothing_planted_leaves(scene: Scene, way: str) -> None:
    """No mark of a planted secret is in what went out this way, or is kept."""
    text = scene.out[way]
    assert "weu" in text  # Something left this way, or there would be nothing to find.
    found = [text[max(0, place - 150) : place + 60] for mark in MARKS if (place := text.find(mark)) >= 0]
    assert found == []


@pytest.mark.parametrize("way", WAYS)
async def test_no_key_of_the_stack_leaves(scene: Scene, way: str) -> None:
    """The keys that the app really works with are in nothing either."""
    known = scene.stack.endpoints
    keys = [known["functionKey"], known["topicKey"], known["identityHeader"]]
    keys.append(known["serviceBus"].partition("SharedAccessKey=")[2].partition(";")[0])
    assert all(len(secret) > 8 for secret in keys)
    assert [secret for secret in keys if secret in scene.out[way]] == []


async def test_it_was_told_what_happened(scene: Scene) -> None:
    """The refusals are all told, with their reasons: what is not there was taken out, not left unsaid."""
    assert scene.out["replies"].count('"rejected"') >= 5
    assert "Azure said Odd" in scene.out["answers"]
    assert "[redacted]" in scene.out["answers"]
    assert "[key]" in scene.out["lifecycle events"] + scene.out["answers"]
    told = Told.read(scene.state / "telemetry.jsonl")
    assert [span for span in told.spans if span["error.type"] == "400"]
    assert [line for line in told.logs if line["attributes"]["event.name"] == "step.refused"]
    failures = [line for line in told.metrics if line["name"] == "spokewright.reconcile.failures"]
    assert failures[-1]["attributes"] == {"kind": "Spoke", "reason": "StepFailed"}


async def test_what_machines_are_made_of_is_in_no_telemetry(scene: Scene) -> None:
    """Bodies of requests to Azure are neither in spans nor in log lines."""
    for way in ("telemetry", "host's log"):
        for word in ("customData", "I2Nsb3VkLWNvbmZpZ", "addressPrefix", '\\"properties\\"'):
            assert word not in scene.out[way]
