"""Lists over HTTP: pages, filters, what is refused, and that an unchanged one is 304."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.triggers import lists
from tests.orchestration.test_http import CLUSTER, HUB, SPOKE, Api, api

__all__ = ["api"]

Json = dict[str, Any]


def spoke(name: str, hub: str = "weu", **spec: Any) -> Json:
    """Return a small spoke."""
    return {**SPOKE, "metadata": {"name": name}, "spec": {"hub": hub, **spec}}


@pytest.fixture
async def full(api: Api) -> Api:
    """One hub, four spokes of which one has another hub, and a cluster in two of them."""
    await api.put(HUB)
    await api.put(spoke("team-0", tags={"team": "a", "note": "x=1,y=2"}))
    await api.put(spoke("team-1", tags={"team": "a"}, location="northeurope"))
    await api.put(spoke("team-2", tags={"team": "b"}))
    await api.put(spoke("team-3", "elsewhere", addressSpace=["10.200.0.0/22", "10.201.0.0/22"]))
    for number in (0, 3):
        body = {**CLUSTER, "metadata": {"name": f"aks-{number}"}, "spec": CLUSTER["spec"] | {"spoke": f"team-{number}"}}
        await api.put(body)
    return api


def names(page: Json) -> list[str]:
    """Return the names on a page."""
    return [item["metadata"]["name"] for item in page["items"]]


async def test_a_list_comes_in_pages(full: Api) -> None:
    """A page says where the next one begins; the last one does not."""
    _, page, _ = await full.call(lists.list_spokes, query="limit=3")
    assert (names(page), page["after"]) == (["team-0", "team-1", "team-2"], "team-2")
    _, rest, _ = await full.call(lists.list_spokes, query="limit=3&after=team-2")
    assert (names(rest), "after" in rest) == (["team-3"], False)


FILTERS: dict[str, tuple[Any, str, list[str]]] = {
    "ready": (lists.list_hubs, "ready=true", []),
    "not ready": (lists.list_hubs, "ready=false", ["weu"]),
    "spokes of a hub": (lists.list_spokes, "hub=elsewhere", ["team-3"]),
    "clusters of a hub": (lists.list_clusters, "hub=weu", ["aks-0"]),
    "clusters of a spoke": (lists.list_clusters, "spoke=team-3", ["aks-3"]),
    "clusters of a spoke of another hub": (lists.list_clusters, "spoke=team-3&hub=weu", []),
    "origin": (lists.list_spokes, "origin=event", []),
    "another origin": (lists.list_clusters, "origin=request", ["aks-0", "aks-3"]),
    "a label": (lists.list_spokes, "label=team=a", ["team-0", "team-1"]),
    "two labels": (lists.list_spokes, "label=team=a&label=note=x%3D1%2Cy%3D2", ["team-0"]),
    "a label nobody has": (lists.list_hubs, "label=team=a", []),
    "a field": (lists.list_spokes, "field=spec.location=northeurope", ["team-1"]),
    "two fields": (lists.list_spokes, "field=spec.hub=weu&field=spec.tags.team=b", ["team-2"]),
    "a number": (lists.list_spokes, "field=metadata.generation=1&limit=1", ["team-0"]),
    "null": (lists.list_spokes, "field=spec.location=null&field=spec.hub=elsewhere", ["team-3"]),
    "one of a list": (lists.list_spokes, "field=spec.addressSpace=10.201.0.0/22", ["team-3"]),
    "a place in a list": (lists.list_spokes, "field=spec.addressSpace.1=10.200.0.0/22", []),
    "beyond a list": (lists.list_spokes, "field=spec.addressSpace.99=x", []),
    "below a text": (lists.list_spokes, "field=spec.hub.name=weu", []),
    "with the key": (lists.list_hubs, "code=secret", ["weu"]),
}


@pytest.mark.parametrize(("handler", "query", "found"), FILTERS.values(), ids=FILTERS)
async def test_a_list_is_filtered(full: Api, handler: Any, query: str, found: list[str]) -> None:
    """All that is asked for counts."""
    status, page, _ = await full.call(handler, query=query)
    assert (status, names(page)) == (200, found)


REFUSED = {
    "no number": ("limit=many", "?limit"),
    "none": ("limit=0", "?limit"),
    "negative": ("limit=-1", "?limit"),
    "too many": ("limit=1001", "?limit"),
    "a number without end": (f"limit={'9' * 5000}", "?limit"),
    "other digits": ("limit=%D9%A3", "?limit"),
    "twice": ("limit=1&limit=2", "?limit"),
    "neither": ("ready=maybe", "?ready"),
    "of no origin": ("origin=moon", "?origin"),
    "a label without a value": ("label=team", "?label"),
    "a field without a path": ("field==x", "?field"),
    "unknown": ("colour=red", "?colour"),
    "of another list": ("spoke=payments", "?spoke"),
}


@pytest.mark.parametrize(("query", "name"), REFUSED.values(), ids=REFUSED)
async def test_a_bad_parameter_is_refused_by_its_name(api: Api, query: str, name: str) -> None:
    """What cannot be meant is 400 and names the parameter: a filter that is let through would show everything."""
    status, problem, _ = await api.call(lists.list_spokes, query=query)
    assert (status, [error["path"] for error in problem["errors"]]) == (400, [name])


async def test_a_list_that_did_not_change_is_304(full: Api) -> None:
    """With its tag there is nothing to say until something on the page changes; another page has another tag."""
    _, _, headers = await full.call(lists.list_spokes)
    have = {"If-None-Match": headers["ETag"]}
    assert (await full.call(lists.list_spokes, headers=have))[:2] == (304, None)
    assert (await full.call(lists.list_spokes, headers=have, query="limit=1"))[0] == 200
    await full.put(spoke("team-4"))
    assert (await full.call(lists.list_spokes, headers=have))[0] == 200
