"""What the documents say is there, and what is there they say."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from orchestration import names
from orchestration.app import REQUESTS, RESOURCE_EVENTS, VIEWS
from orchestration.app import ROOT as ROUTE_OF_THE_PAGE
from orchestration.triggers.http import COLLECTIONS
from shared.model.document import parse_request
from shared.notify import replies
from tests.docs.pages import HOUSE, PAGES, ROOT, blocks, links, name_of, prose, read, rows, ticked

MADE_HERE = (".venv", ".local", "node_modules")
"""Folders that a checkout does not have and that making or running it brings."""

FILE = re.compile(r"^(?:[\w.-]+/)+[\w.-]*$|^[\w-]+\.(?:py|md|json|toml|txt|yaml)$")
REGISTRY = re.compile(
    r"[\w.-]*(?:pypi|pythonhosted|npmjs|artifactory|jfrog|nexus|devpi)[\w-]*\.[\w.:/-]+", re.IGNORECASE
)
MACHINE = re.compile(r"(?<![\w.<{}/])/(?:tmp|work|root|home|Users|mnt|opt)/")
ADDRESS = re.compile(r"\b(?:localhost|127\.0\.0\.1):\d+")

each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


def targets() -> set[str]:
    """Return the targets of the Makefile that a person may call."""
    return set(re.findall(r"^([a-z-]+):.*##", read("Makefile"), re.MULTILINE))


@each_page
def test_every_make_command_is_a_target(page: Path) -> None:
    """Each `make x` that a page mentions is a target of the Makefile."""
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    assert named <= targets()


def test_every_make_target_is_in_the_contracts() -> None:
    """The table of make targets has each target once, and no other."""
    told = [row[0].strip("`").removeprefix("make ") for row in rows("docs/contracts.md", "Make targets")]
    assert sorted(told) == sorted(targets())


def test_the_readme_shows_both_commands() -> None:
    """The README names the demo and the tests, and stays short enough to be read."""
    assert {"make demo", "make test"} <= set(ticked(HOUSE[0]))
    assert len(read("README.md").splitlines()) < 200


@each_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """Each relative link of a page leads to a file or folder."""
    broken = [target for target in links(page) if not (page.parent / target).exists()]
    assert broken == []


@each_page
def test_every_file_in_backticks_exists(page: Path) -> None:
    """Each path in backticks is a file or folder, from the root or, for a bare name, somewhere in git."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    bare = {Path(line).name for line in tracked.splitlines()} | {"endpoints.json"}
    named = [text for text in ticked(page) if FILE.match(text) and not text.startswith(MADE_HERE)]
    missing = [text for text in named if not (ROOT / text).exists() and text not in bare and not elsewhere(text)]
    assert missing == []


def elsewhere(text: str) -> bool:
    """Say whether a text only looks like a path: a key, a type, an action, a consumer, a range of addresses."""
    named = ("Hub", "Spoke", "Cluster", "dns", "spoke", "application", "DIR", "spokewright")
    return text.startswith("Microsoft.") or text[0].isdigit() or text.split("/", maxsplit=1)[0] in named


def test_every_file_of_the_house_exists() -> None:
    """Each entry of the tree in ARCHITECTURE.md is there, in the folder under which it stands."""
    tree = next(block for block in blocks(ROOT / "ARCHITECTURE.md", "text") if "function_app.py" in block)
    missing: list[str] = []
    folders: list[str] = []
    for line in tree.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        entries = line[:27].split()
        above = "".join(folders[:depth])
        missing += [above + entry for entry in entries if not (ROOT / (above + entry)).exists()]
        folders = [*folders[:depth], entries[0]]
    assert missing == []


@each_page
def test_no_page_names_a_machine_or_a_registry(page: Path) -> None:
    """No page holds the path of a machine, the host of a package registry, or a port that was free once."""
    text = page.read_text(encoding="utf-8")
    assert [found for pattern in (MACHINE, REGISTRY, ADDRESS) for found in pattern.findall(text)] == []


def test_every_example_is_named_in_the_documents_and_valid() -> None:
    """The README leads to the examples, each of which holds documents that are accepted."""
    assert {"examples", "examples/first-cluster.yaml"} <= {target.rstrip("/") for target in links(HOUSE[0])}
    for path in sorted((ROOT / "examples").glob("*.yaml")):
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        assert documents
        for document in documents:
            parse_request(document)


def test_every_route_is_documented() -> None:
    """The page of the HTTP API has each method of each route, and no other."""
    told = {
        (row[0], row[1].strip("`"))
        for row in rows("docs/reference/http.md")
        if row[0] in ("GET", "PUT", "DELETE", "POST", "OPTIONS")
    }
    served = {
        (method, f"/api/{view.route}".replace("{collection:alpha}", "{collection}").replace(ROUTE_OF_THE_PAGE, ""))
        for view in VIEWS
        for method in view.methods
    }
    assert told == served


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_collection_is_documented(collection: str) -> None:
    """The page of the HTTP API names each collection."""
    assert f"`{collection}`" in read("docs/reference/http.md")


def test_every_entity_of_the_bus_is_documented() -> None:
    """The page of messages has each queue and topic of ours, the README and the contracts the one to send to."""
    told = {cell.strip("`") for row in rows("docs/reference/messages.md") for cell in row[:1]}
    assert {*replies.OUR_OWN, REQUESTS, RESOURCE_EVENTS} <= told
    assert f"`{REQUESTS}`" in read("docs/contracts.md")


@pytest.mark.parametrize("result", ["accepted", "rejected", "ready", "failed"])
def test_every_result_is_documented(result: str) -> None:
    """The page of messages explains each result of a reply."""
    assert re.search(rf"^`{result}`: ", read("docs/reference/messages.md"), re.MULTILINE)


def test_every_document_in_the_examples_of_messages_is_accepted() -> None:
    """The request in the page of messages holds documents that are accepted as they stand there."""
    bodies = [json.loads(block) for block in blocks(ROOT / "docs/reference/messages.md", "json")]
    requests = [body for body in bodies if "documents" in body]
    assert requests
    for body in requests:
        for document in body["documents"]:
            parse_request(document)


@each_page
def test_every_json_block_is_json(page: Path) -> None:
    """Each JSON example of a page can be read."""
    for block in blocks(page, "json"):
        json.loads(block)


def test_every_pinned_package_has_its_reason() -> None:
    """ARCHITECTURE.md says of each pinned package why it is here, and of no other."""
    pinned = "".join(read(f"requirements{part}.txt") for part in ("", "-cli", "-dev", "-infra"))
    pins = re.findall(r"^([\w-]+)==", pinned, re.MULTILINE)
    told = [row[0].strip("`") for row in rows("ARCHITECTURE.md", "Why each dependency is here")]
    assert sorted(told) == sorted(pins)


def test_decisions_are_numbered_and_whole() -> None:
    """Each decision has the next number, and says its context, its decision and what follows."""
    pages = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [path.name[:4] for path in pages] == [f"{number:04d}" for number in range(1, len(pages) + 1)]
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]} ")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_the_wire_names_of_histories_are_told() -> None:
    """The contracts say which instance id and which event histories hold."""
    assert f"`{names.WAKE}`" in prose(ROOT / "docs/contracts.md")
    assert "`hub.weu`" in prose(ROOT / "docs/contracts.md")
