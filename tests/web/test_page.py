"""What is served as the page: its files by name, their headers, and what of them a browser has already."""

from __future__ import annotations

import gzip
import re

import azure.functions as func
import pytest

from orchestration.triggers import page as handlers
from orchestration.triggers.problem_documents import answered
from shared.web import page

NOBODY: object = object()
"""The handlers ask nothing of the app's dependencies."""
TAG = re.compile(r'^"[0-9a-f]{32}(\.gz)?"$')
ALL = sorted(page.files())
HOSTILE = (
    "",
    "..",
    "../page.py",
    "..%2fpage.py",
    "%2e%2e/page.py",
    "..\\page.py",
    "static/app.js",
    "/etc/passwd",
    "app.js\0",
    "APP.JS",
    "vendored.json",
    "__init__.py",
)


async def get(route: str, name: str = "", url: str = "https://app/api/", **headers: str) -> func.HttpResponse:
    """Call a handler as the host does."""
    sent = {key.replace("_", "-"): value for key, value in headers.items()}
    request = func.HttpRequest("GET", url, headers=sent, route_params={"file": name}, body=b"")
    return await answered(getattr(handlers, route)(NOBODY, request))


@pytest.mark.parametrize("name", ALL)
async def test_every_file_is_served_with_its_type(name: str) -> None:
    """Each file has its type and tag, and the policy stands on it too."""
    response = await get("file", name)
    assert response.status_code == 200
    assert response.get_body() == (page.STATIC / name).read_bytes()
    assert response.headers["Content-Type"] == page.TYPES["." + name.rpartition(".")[2]]
    assert TAG.match(response.headers["ETag"])
    assert {key: response.headers[key] for key in page.HEADERS} == page.HEADERS


async def test_the_shell_is_at_the_root() -> None:
    """The root answers with the page, and what it names is there."""
    response = await get("shell")
    body = response.get_body().decode()
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    named = re.findall(r'(?:src|href)="page/([^"]+)"', body)
    assert set(named) <= set(ALL)
    assert "app.js" in named


async def test_without_its_last_slash_the_root_is_elsewhere() -> None:
    """The page's files are relative to the root, so that a browser has to be there."""
    response = await get("shell", url="https://app/api?x=1")
    assert (response.status_code, response.headers["Location"]) == (308, "api/")


def test_the_policy_lets_nothing_else_in() -> None:
    """Only our own files run; no inline script or style, no frame, no form, no other host, no markup from text."""
    rules = dict(rule.split(" ", 1) for rule in page.POLICY.split("; "))
    assert rules == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert page.HEADERS["X-Content-Type-Options"] == "nosniff"
    assert page.HEADERS["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("name", ALL)
def test_nothing_of_ours_needs_more_than_the_policy(name: str) -> None:
    """No markup has inline script or style, and no script of ours makes markup from text or runs text."""
    text = (page.STATIC / name).read_text(encoding="utf-8")
    if name.endswith((".html", ".svg")):
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=|https?://(?!www\.w3\.org/)", text)
    if name.endswith(".js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


@pytest.mark.parametrize("known", ["{}", "W/{}", '"x", {}', "*"])
@pytest.mark.parametrize("coding", ["", "gzip, br"])
async def test_what_a_browser_has_costs_a_304(known: str, coding: str) -> None:
    """A known tag is answered without a body, as long as it is of the same coding."""
    tag = (await get("file", "app.js", Accept_Encoding=coding)).headers["ETag"]
    again = await get("file", "app.js", Accept_Encoding=coding, If_None_Match=known.format(tag))
    assert (again.status_code, again.get_body(), again.headers["ETag"]) == (304, b"", tag)
    other = await get("file", "page.css", Accept_Encoding=coding, If_None_Match=tag)
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("", False), ("br", False), ("gzip;q=0", False)],
)
async def test_whoever_takes_gzip_gets_it(accepted: str, packed: bool) -> None:  # noqa: FBT001 - a table's column
    """The compressed file has another tag, and is the same when unpacked."""
    plain, response = await get("file", "app.js"), await get("file", "app.js", Accept_Encoding=accepted)
    assert (response.headers.get("Content-Encoding") == "gzip") is packed
    assert (response.headers["ETag"] != plain.headers["ETag"]) is packed
    body = response.get_body()
    assert (gzip.decompress(body) if packed else body) == plain.get_body()


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_not_a_file_of_the_page_is_not_there(name: str) -> None:
    """No other name leads to a file, whatever it is spelled like; the refusal has the policy too."""
    response = await get("file", name)
    assert (response.status_code, response.get_body()) == (404, b"")
    assert response.headers["Content-Security-Policy"] == page.POLICY


def test_the_page_is_small() -> None:
    """All of it, as it is sent, is less than one picture."""
    assert sum(len(file.packed) for file in page.files().values()) < 50_000
