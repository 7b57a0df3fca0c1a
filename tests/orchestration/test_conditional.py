"""Conditional answers: compressed for whoever takes that, and either form's tag means the same version."""

from __future__ import annotations

import gzip
import json
from typing import Any

import azure.functions as func
import pytest

from orchestration.triggers import conditional, http
from tests.orchestration.test_http import HUB, Api, api

__all__ = ["api"]

TAG = '"version"'
PACKED = '"version.gz"'
LARGE = {"items": ["an item like the others"] * 100}
SMALL: dict[str, Any] = {"items": []}
ROUTE = {"collection": "hubs", "name": "weu"}
TABLE_STORAGE = "W/\"datetime'2026-11-26T18%3A22%3A31.2047114Z'\""


def answer(body: Any = LARGE, tag: str = TAG, **headers: str) -> func.HttpResponse:
    """Return the answer to a request with these headers."""
    request = func.HttpRequest(
        "GET", "/", headers={name.replace("_", "-"): one for name, one in headers.items()}, body=b""
    )
    return conditional.answer(request.headers, body, tag)


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5", "*", "*;q=0, gzip"])
def test_a_large_body_is_compressed_for_whoever_takes_that(accepted: str) -> None:
    """It is smaller, the same when unpacked, and has a tag of its own."""
    response = answer(Accept_Encoding=accepted)
    body = response.get_body()
    assert response.headers["Content-Encoding"] == "gzip"
    assert (response.headers["ETag"], response.headers["Vary"]) == (PACKED, "Accept-Encoding")
    assert json.loads(gzip.decompress(body)) == LARGE
    assert len(body) < len(answer().get_body()) / 4


@pytest.mark.parametrize(
    ("body", "accepted"),
    [(LARGE, ""), (LARGE, "br"), (LARGE, "gzip;q=0"), (LARGE, "*, gzip; q=0.0"), (SMALL, "gzip")],
)
def test_else_it_is_sent_as_it_is(body: Any, accepted: str) -> None:
    """Who does not take it, and what is small: plain, with the plain tag, and caches are told that it depends."""
    response = answer(body, Accept_Encoding=accepted)
    assert json.loads(response.get_body()) == body
    assert "Content-Encoding" not in response.headers
    assert (response.headers["ETag"], response.headers["Vary"]) == (TAG, "Accept-Encoding")


@pytest.mark.parametrize("accepted", ["", "gzip"])
@pytest.mark.parametrize(
    ("known", "said"), [(TAG, TAG), (PACKED, PACKED), (f'"old", W/{PACKED}', PACKED), (f"W/{TAG}", TAG), ("*", TAG)]
)
def test_either_form_is_known(known: str, said: str, accepted: str) -> None:
    """304 whichever form the caller has, with the tag of that form: a cache looks up by it what it holds."""
    response = answer(If_None_Match=known, Accept_Encoding=accepted)
    assert (response.status_code, response.get_body()) == (304, b"")
    assert (response.headers["ETag"], response.headers["Vary"]) == (said, "Accept-Encoding")


@pytest.mark.parametrize("known", ['"old"', '"old.gz"', '"version.gz.gz"', '".gz"'])
def test_another_version_is_not_known(known: str) -> None:
    """A tag that is neither form's is answered with the body."""
    assert answer(If_None_Match=known).status_code == 200


def test_the_tags_of_the_store_have_a_compressed_form_too() -> None:
    """Table Storage's tags are weak and quoted: they stay both."""
    tag = answer(tag=TABLE_STORAGE, Accept_Encoding="gzip").headers["ETag"]
    assert tag == TABLE_STORAGE.removesuffix('"') + '.gz"'
    assert answer(tag=TABLE_STORAGE, If_None_Match=tag).status_code == 304


async def test_a_document_read_compressed_can_be_written(api: Api) -> None:
    """If-Match takes the tag of either form, and not that of a version that is gone."""
    _, _, headers = await api.put(HUB)
    asked = func.HttpRequest("GET", "/", headers={"Accept-Encoding": "gzip"}, route_params=ROUTE, body=b"")
    tag = (await http.get_document(api.dependencies, asked)).headers["ETag"]
    assert tag == f'{headers["ETag"][:-1]}.gz"'
    changed = HUB | {"spec": HUB["spec"] | {"tags": {"team": "platform"}}}
    assert (await api.put(changed, headers={"If-Match": tag}))[0] == 202
    assert (await api.put(HUB, headers={"If-Match": tag}))[0] == 412
