"""`spokewright init`: what it writes is valid, also for the app itself, and nothing is overwritten unasked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from shared.model.document import parse_request
from shared.model.relations import check
from tests.cli.test_cleaning import ANY, unseen

if TYPE_CHECKING:
    from tests.cli.conftest import Run

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOwnKeyOwnKeyOwnKeyOwnKeyOwnKeyOwnKey me@here"


def read(folder: Path) -> dict[str, Any]:
    """Return the documents of a folder by kind."""
    documents = [yaml.safe_load(path.read_text()) for path in folder.glob("*.yaml")]
    return {one["kind"]: one for one in documents}


def test_the_starter_set_is_valid(run: Run, tmp_path: Path) -> None:
    """The command's own check, the app's own parser and its rules between documents find nothing wrong."""
    ran = run("init", "documents")
    assert (ran.code, ran.err) == (0, "")
    assert run("validate", "-f", "documents").code == 0
    documents = [parse_request(one) for one in read(tmp_path / "documents").values()]
    assert len(documents) == 3
    assert [problem for one in documents for problem in check(one, documents)] == []


def test_everything_is_commented(run: Run, tmp_path: Path) -> None:
    """Each file begins with what it is, and has comments on its fields; no placeholder is left."""
    run("init")
    for path in tmp_path.glob("*.yaml"):
        text = path.read_text()
        assert text.startswith("# A ")
        assert text.count("# ") >= 8
        assert "$" not in text


def test_flags_are_filled_in(run: Run, tmp_path: Path) -> None:
    """Names, region, subscription and key stand where they belong, and fit together."""
    (tmp_path / "id.pub").write_text(f"{KEY}\n")
    flags = (
        "--name",
        "shop",
        "--location",
        "northeurope",
        "--subscription",
        SUBSCRIPTION,
        "--ssh-public-key",
        "id.pub",
    )
    assert run("init", ".", *flags).code == 0
    made = read(tmp_path)
    assert made["Hub"]["metadata"]["name"] == made["Spoke"]["spec"]["hub"] == "northeurope"
    assert made["Spoke"]["metadata"]["name"] == made["Cluster"]["spec"]["spoke"] == "shop"
    assert (made["Hub"]["spec"]["location"], made["Hub"]["spec"]["subscriptionId"]) == ("northeurope", SUBSCRIPTION)
    assert made["Hub"]["spec"]["jumpServer"]["sshPublicKey"] == KEY


def test_one_kind_alone(run: Run, tmp_path: Path) -> None:
    """`--kind` writes only that, for a hub that is there already."""
    assert run("init", "--kind", "spoke", "--hub", "weu").code == 0
    assert {kind: one["spec"]["hub"] for kind, one in read(tmp_path).items()} == {"Spoke": "weu"}


def test_nothing_is_overwritten_unasked(run: Run, tmp_path: Path) -> None:
    """What is there stays, all of it, with exit code 2; `--force` overwrites."""
    (tmp_path / "spoke.yaml").write_text("mine")
    ran = run("init")
    assert ran.code == 2
    assert ran.err.splitlines()[0] == "Error: spoke.yaml is there already"
    assert [path.name for path in tmp_path.glob("*.yaml")] == ["spoke.yaml"]
    assert (tmp_path / "spoke.yaml").read_text() == "mine"
    assert run("init", "--force").code == 0
    assert len(read(tmp_path)) == 3


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--name", "Shop_1"),
        ("--hub", "a b"),
        ("--location", "West Europe"),
        ("--subscription", "mine"),
        ("--name", "a: {b"),
        ("--name", ANY),
    ],
)
def test_a_wrong_value_writes_nothing(option: str, value: str, run: Run, tmp_path: Path) -> None:
    """Exit code 2, with the words that say what is accepted; hostile text is shown clean."""
    ran = run("init", option, value)
    assert ran.code == 2
    assert list(tmp_path.glob("*.yaml")) == []
    assert ran.err.startswith("Error: ")
    assert unseen(ran.err) == []


def test_a_folder_that_cannot_be_is_said(run: Run, tmp_path: Path) -> None:
    """A file where a folder would have to be: two lines, no traceback."""
    (tmp_path / "file").write_text("")
    ran = run("init", "file/below")
    assert ran.code == 1
    assert "file/below/hub.yaml cannot be written" in ran.err
