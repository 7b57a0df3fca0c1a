"""The custom topic: the real publishing client, who may publish, what is refused, and what is kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.messaging import CloudEvent
from azure.core.pipeline.transport import AioHttpTransport
from azure.eventgrid import EventGridEvent
from azure.eventgrid.aio import EventGridPublisherClient
from azure.identity.aio import ManagedIdentityCredential

from tests.simulator.conftest import Answer, Azure, group

SOURCE = "/spokewright"
BATCH = "application/cloudevents-batch+json; charset=utf-8"
CLOUD: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": SOURCE, "type": "t", "time": "2026-01-01T00:00:00Z"}
GRID: dict[str, Any] = {"id": "1", "subject": "s", "eventType": "t", "eventTime": "2026-01-01T00:00:00Z", "data": {}}


@pytest.fixture
async def credential(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ManagedIdentityCredential]:
    """The app's managed identity, as App Service gives it."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", azure.simulator.endpoints["identity"])
    monkeypatch.setenv("IDENTITY_HEADER", azure.simulator.endpoints["identityHeader"])
    async with ManagedIdentityCredential() as made:
        yield made


def client(azure: Azure, credential: Any, **options: Any) -> EventGridPublisherClient:
    """The real client on the topic, over a transport that trusts the simulator."""
    transport = AioHttpTransport(session=azure.session, session_owner=False)
    endpoint = azure.simulator.endpoints["topicEndpoint"]
    return EventGridPublisherClient(endpoint, credential, transport=transport, **options)


async def taken(azure: Azure, **query: str) -> list[dict[str, Any]]:
    """List what the topic took."""
    return await azure.read_lines("topics/lifecycle", **query)


async def post(azure: Azure, body: bytes, kind: str = BATCH, **headers: str) -> Answer:
    """POST to the topic with its key, or with other headers."""
    given = {"content-type": kind, **(headers or {"aeg-sas-key": azure.simulator.endpoints["topicKey"]})}
    url = azure.simulator.endpoints["topicEndpoint"]
    return await azure.send("POST", url, body, version="2018-01-01", headers=given, anonymous=True)


async def test_the_real_client_publishes_by_managed_identity(azure: Azure, credential: Any) -> None:
    """A batch of CloudEvents arrives whole, in order, with the data as sent; one alone does too."""
    sent = [CloudEvent(SOURCE, f"ready.{n}", subject=f"clusters/{n}", data={"n": n}) for n in range(3)]
    async with client(azure, credential) as publisher:
        await publisher.send(sent[:2])
        await publisher.send(sent[2])
    lines = await taken(azure)
    assert [CloudEvent.from_dict(line["event"]).id for line in lines] == [event.id for event in sent]
    assert [line["event"]["data"] for line in lines] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert {(line["topic"], line["schema"]) for line in lines} == {("lifecycle", "cloudevents")}
    assert [line["path"] for line in await azure.lines("topic-event")] == ["clusters/0", "clusters/1", "clusters/2"]


async def test_the_real_client_publishes_by_key_in_both_schemas(azure: Azure) -> None:
    """The key opens the topic; events of the Event Grid schema are taken as well."""
    async with client(azure, AzureKeyCredential(azure.simulator.endpoints["topicKey"])) as publisher:
        await publisher.send([EventGridEvent("s", "t1", {"a": 1}, "1.0")])
        await publisher.send([CloudEvent(SOURCE, "t2", data="text")])
    assert [(line["schema"], line["event"]["data"]) for line in await taken(azure)] == [
        ("eventgrid", {"a": 1}),
        ("cloudevents", "text"),
    ]


async def test_one_cloud_event_is_taken_by_itself(azure: Azure) -> None:
    """The structured mode of CloudEvents: one object."""
    assert (await post(azure, json.dumps(CLOUD).encode(), "application/cloudevents+json")).status == 200
    assert [line["event"] for line in await taken(azure)] == [CLOUD]


async def test_the_list_goes_on_where_one_stopped(azure: Azure) -> None:
    """`since` leaves out what was read, `type` all others; topics are apart, and a reset forgets them."""
    await post(azure, json.dumps([CLOUD | {"type": f"t{n % 2}", "id": str(n)} for n in range(4)]).encode())
    lines = await taken(azure)
    assert [line["event"]["id"] for line in await taken(azure, since=str(lines[1]["n"]))] == ["2", "3"]
    assert [line["event"]["id"] for line in await taken(azure, type="t1")] == ["1", "3"]
    assert await azure.read_lines("topics/other") == []
    await azure.send("POST", azure.simulator.base + "/_simulator/reset", version=None)
    assert await taken(azure) == []


async def test_the_wrong_key_is_an_authentication_error(azure: Azure) -> None:
    """The real client raises what callers expect to catch."""
    async with client(azure, AzureKeyCredential("d3Jvbmc=")) as publisher:
        with pytest.raises(ClientAuthenticationError, match="not authorized"):
            await publisher.send([CloudEvent(SOURCE, "t")])
    assert [(line["status"], line["code"]) for line in await azure.lines("topic-refusal")] == [(401, "Unauthorized")]


async def test_only_a_token_for_event_grid_opens_the_topic(azure: Azure) -> None:
    """No credential, a made-up token and one for Azure Resource Manager are all answered 401."""
    body = json.dumps([CLOUD]).encode()
    real, _ = azure.simulator.identity.token("https://eventgrid.azure.net/", azure.simulator.clock.real())
    tokens = [azure.simulator.token(), "a.b.c", "", real]
    answers = [await post(azure, body, authorization=f"Bearer {token}") for token in tokens]
    assert [answer.status for answer in answers] == [401, 401, 401, 200]
    nothing = await post(azure, body, accept="*/*")
    assert nothing.status == 401
    assert nothing.body["error"]["message"].startswith("Request must contain one of the following authorization")


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        (BATCH, "{", "does not conform to the expected schema"),
        (BATCH, "[]", "does not conform to the expected schema"),
        (BATCH, json.dumps(CLOUD), "Token Expected: StartArray, Actual Token Received: StartObject"),
        (BATCH, "[1]", "Token Expected: StartObject, Actual Token Received: Value"),
        ("application/cloudevents+json", json.dumps([CLOUD]), "Token Expected: StartObject"),
        (BATCH, json.dumps([CLOUD, CLOUD | {"id": ""}]), "requires 'id' property to be set"),
        (BATCH, json.dumps([CLOUD | {"source": None}]), "requires 'source' property to be set"),
        (BATCH, json.dumps([CLOUD | {"specversion": "0.3"}]), "The specversion '0.3' is not supported"),
        (BATCH, json.dumps([CLOUD | {"traceParent": "x"}]), "unexpected property 'traceParent'"),
        (BATCH, json.dumps([CLOUD | {"data": 1, "data_base64": "eA=="}]), "unexpected property 'data_base64'"),
        (BATCH, json.dumps([CLOUD | {"subject": ""}]), "The subject is a string"),
        (BATCH, json.dumps([CLOUD | {"time": "2026-01-01T00:00:00"}]), "is no timestamp with an offset"),
        ("application/json", json.dumps(GRID), "'EventGridEvent' schema"),
        ("application/json", json.dumps([CLOUD]), "unexpected property 'specversion'"),
        ("application/json", json.dumps([{**GRID, "subject": ""}]), "requires 'subject' property to be set"),
        ("application/json", json.dumps([{**GRID, "eventTime": "now"}]), "'now' is no timestamp"),
    ],
)
async def test_malformed_events_are_refused_whole(azure: Azure, kind: str, body: str, why: str) -> None:
    """The answer is 400 in Event Grid's shape and says why; nothing of the batch is kept."""
    answer = await post(azure, body.encode(), kind)
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert why in answer.body["error"]["message"]
    assert answer.body["error"]["details"][0]["code"] == "InputJsonInvalid"
    assert await taken(azure) == []


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # the client's own
async def test_a_megabyte_is_the_most(azure: Azure, credential: Any) -> None:
    """What is larger is answered 413."""
    async with client(azure, credential) as publisher:
        await publisher.send([CloudEvent(SOURCE, "t", data="x" * 1_000_000)])
        with pytest.raises(HttpResponseError) as raised:
            await publisher.send([CloudEvent(SOURCE, "t", data="x" * 1024 * 1024)])
    assert raised.value.status_code == 413
    assert len(await taken(azure)) == 1


async def test_the_api_version_has_to_be_given(azure: Azure) -> None:
    """Another api-version than the client's is answered 400."""
    url = azure.simulator.endpoints["topicEndpoint"]
    key = {"aeg-sas-key": azure.simulator.endpoints["topicKey"]}
    assert (await azure.send("POST", url, [CLOUD], version=None, headers=key)).status == 400


async def test_fault_rules_with_a_path_act_on_the_topic(azure: Azure, credential: Any) -> None:
    """A refusal on purpose is tried again by the client; rules without a path are Azure Resource Manager's alone."""
    azure.simulator.arm.faults.replace(
        [
            {"match": {"path": "^/topics/lifecycle/", "times": 2}, "answer": {"status": 503}},
            {"match": {"method": "POST"}, "answer": {"status": 403}},
            {"match": {"path": "."}, "events": "drop"},
        ]
    )
    async with client(azure, credential, retry_backoff_factor=0) as publisher:
        await publisher.send([CloudEvent(SOURCE, "t")])
    assert [rule["seen"] for rule in azure.simulator.arm.faults.rules()] == [3, 0, 0]
    assert [line["status"] for line in await azure.lines("topic-refusal")] == [503, 503]
    assert len(await taken(azure)) == 1


async def test_a_topic_is_no_request_of_resource_manager(azure: Azure) -> None:
    """What is published does not count among the journal's requests."""
    before = len(await azure.lines("request"))
    await post(azure, json.dumps([CLOUD]).encode())
    assert len(await azure.lines("request")) == before
    assert (await azure.get(group("rg"))).status == 200
