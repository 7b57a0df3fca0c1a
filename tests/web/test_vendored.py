"""What others wrote is as they published it."""

from __future__ import annotations

import json

import pytest

from scripts import vendor

RECORDED = {entry["name"]: entry for entry in json.loads(vendor.RECORD.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("library", vendor.LIBRARIES, ids=lambda library: library.name)
def test_a_library_is_as_it_was_brought(library: vendor.Library) -> None:
    """Version, licence, archive and the checksum of each file are those of the record; the licence is beside it."""
    recorded = RECORDED[library.name]
    assert (recorded["version"], recorded["licence"], recorded["archive"]) == (
        library.version,
        library.licence,
        library.integrity,
    )
    assert recorded["files"] == {ours: vendor.checksum(vendor.STATIC / ours) for _, ours in library.files}
    assert any("LICENSE" in ours for _, ours in library.files)


def test_nothing_else_is_vendored() -> None:
    """Every file that is not ours is in the record, and the record names no library that the script does not."""
    brought = {ours for entry in RECORDED.values() for ours in entry["files"]}
    there = {path.name for path in vendor.STATIC.iterdir() if ".min." in path.name or "LICENSE" in path.name}
    assert there == brought
    assert RECORDED.keys() == {library.name for library in vendor.LIBRARIES}
