"""A cluster by messages, with the command line alone: started, written, sent, answered, refused, replayed, deleted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BAD = """apiVersion: spokewright/v1
kind: Spoke
metadata: {name: bad}
spec:
  hub: westeurope
  addressSpace: [10.0.0.0/24]
"""
OVERLAPS = "overlaps 10.0.0.0/22, the address space of Hub/westeurope"


@dataclass(frozen=True, slots=True)
class Desk:
    """Whoever types, in a folder of their own."""

    folder: Path

    def type(self, *words: str, code: int = 0) -> str:
        """Type a command; return all that it wrote; fail where it does not end as it should."""
        settings = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "cli", *words]
        ended = subprocess.run(command, cwd=self.folder, env=settings, capture_output=True, text=True, check=False)
        assert ended.returncode == code, f"{' '.join(words)}: {ended}"
        return ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return a desk with the starter set, beside a running stack."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    try:
        desk.type("local", "up", "--speed", "200")
        desk.type("init", "documents")
        yield desk
    finally:
        desk.type("local", "down")


def test_a_cluster_is_made_by_one_message(desk: Desk) -> None:
    """The starter set is valid, is accepted as it is, and every document of it becomes ready."""
    assert desk.type("validate", "-f", "documents").count("is valid") == 3
    said = desk.type("send", "-f", "documents", "--wait", "--timeout", "3m")
    for document in ("hub/westeurope", "spoke/first", "cluster/first"):
        assert f"{document} changed" in said
        assert f"{document} ready" in said


def test_what_is_refused_names_its_line_and_can_be_replayed(desk: Desk) -> None:
    """The reply leads to the file; the request is kept with its reasons, and sent once more it is judged anew."""
    (desk.folder / "bad.yaml").write_text(BAD)
    said = desk.type("send", "-f", "bad.yaml", "--wait", code=4)
    assert f"bad.yaml:6: $.spec.addressSpace[0]: 10.0.0.0/24 {OVERLAPS}" in said
    (name,) = re.findall(r"^provisioning-rejected/\d+", desk.type("dead-letters", "list"), re.MULTILINE)
    assert OVERLAPS in desk.type("dead-letters", "show", name)
    assert f"{name} sent once more" in desk.type("dead-letters", "replay", name, "--yes")
    desk.type("dead-letters", "show", name, code=3)


def test_the_same_message_deletes(desk: Desk) -> None:
    """All of it goes, in order, and is said to be gone."""
    said = desk.type("send", "-f", "documents", "--operation", "delete", "--wait", "--timeout", "3m")
    assert said.count(" gone\n") == 3
    assert "/" not in desk.type("get", "all", "-o", "name")
