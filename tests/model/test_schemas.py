"""The published JSON Schemas and the examples are current."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.model.document import parse_document, to_json
from shared.model.relations import check
from shared.model.schemas import render, schema_of, write

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def load(path: Path) -> list[Any]:
    """Return the documents of an example."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("kind", ["Hub", "Spoke", "Cluster"])
def test_the_published_schema_is_current(kind: str) -> None:
    """The file in docs/schemas is what `make schemas` would write now."""
    published = ROOT / "docs" / "schemas" / f"{kind.lower()}.schema.json"
    assert published.read_text(encoding="utf-8") == render(kind), "run: python -m shared.model.schemas docs/schemas"


def test_schemas_are_written_where_asked(tmp_path: Path) -> None:
    """The command writes one valid JSON file for each kind."""
    paths = write(tmp_path / "new")
    assert [path.name for path in paths] == ["hub.schema.json", "spoke.schema.json", "cluster.schema.json"]
    assert all(json.loads(path.read_text())["$schema"].endswith("2020-12/schema") for path in paths)


@pytest.mark.parametrize("kind", ["Hub", "Spoke", "Cluster"])
def test_a_schema_is_closed_and_describes_its_fields(kind: str) -> None:
    """Editors refuse unknown fields as we do, and required ones are required."""
    schema = schema_of(kind)
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["apiVersion", "kind", "metadata", "spec"]
    assert schema["$defs"][f"{kind}Spec"]["additionalProperties"] is False


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_valid(path: Path) -> None:
    """Each document of an example parses, and the documents of one file fit together."""
    documents = [parse_document(document) for document in load(path)]
    assert documents
    assert [problem for document in documents for problem in check(document, documents)] == []


def test_the_single_examples_fit_together() -> None:
    """hub.yaml, spoke.yaml and cluster.yaml describe one system."""
    documents = [parse_document(load(ROOT / "examples" / f"{kind}.yaml")[0]) for kind in ("hub", "spoke", "cluster")]
    assert [problem for document in documents for problem in check(document, documents)] == []


def test_the_first_cluster_is_all_three_kinds() -> None:
    """The demo's example declares a hub, a spoke in it, and a cluster in that."""
    documents = [to_json(parse_document(document)) for document in load(ROOT / "examples" / "first-cluster.yaml")]
    assert [document["kind"] for document in documents] == ["Hub", "Spoke", "Cluster"]
    assert documents[1]["spec"]["hub"] == documents[0]["metadata"]["name"]
    assert documents[2]["spec"]["spoke"] == documents[1]["metadata"]["name"]
