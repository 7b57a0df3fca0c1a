"""The overview over HTTP: what it shows of the store, and that it is cheap to ask for again."""

from __future__ import annotations

from orchestration.triggers.overview import get_overview
from tests.orchestration.test_http import DOCUMENTS, HUB, Api, api

__all__ = ["api"]

EVENT = {"id": "1", "time": "2026-01-01T00:00:00+00:00", "type": "Spokewright.Hub.Ready"}


async def test_the_overview_shows_the_store(api: Api) -> None:
    """Documents stand in their places, and the events that went out beside them."""
    for document in DOCUMENTS:
        await api.put(document)
    await api.dependencies.store.events.append(EVENT)
    status, shown, _ = await api.call(get_overview)
    assert (status, shown["hubs"][0]["spokes"][0]["clusters"][0]["name"]) == (200, "payments-prod")
    assert shown["events"] == [EVENT]
    assert shown["generatedAt"]


async def test_an_overview_that_did_not_change_is_304(api: Api) -> None:
    """Asked again with its tag there is nothing to say, until something changes."""
    await api.put(HUB)
    _, _, headers = await api.call(get_overview)
    for asked in (headers["ETag"], f'"old", W/{headers["ETag"]}', "*"):
        status, body, again = await api.call(get_overview, headers={"If-None-Match": asked})
        assert (status, body, again["ETag"]) == (304, None, headers["ETag"])
    await api.put({**DOCUMENTS[1]})
    assert (await api.call(get_overview, headers={"If-None-Match": headers["ETag"]}))[0] == 200
