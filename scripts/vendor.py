"""Brings the page's libraries: `python -m scripts.vendor`. Pinned versions from npm, with licence and checksums.

Whoever installs Spokewright needs neither npm nor a build: what this brings is committed. A test compares the files
with the checksums, so that nobody changes them by hand.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "shared" / "web" / "static"
RECORD = ROOT / "shared" / "web" / "vendored.json"


@dataclass(frozen=True, slots=True)
class Library:
    """One package: the digest of its archive as npm publishes it, and which file becomes which of ours."""

    name: str
    version: str
    licence: str
    integrity: str
    files: tuple[tuple[str, str], ...]


LIBRARIES = (
    Library(
        "d3-hierarchy",
        "3.1.3",
        "ISC",
        "sha512-GRajN5ZcnEwYFWqqdzhG1qJ3+fDg6WWzk47TJg7ePY7yvYAgRfD2r1mUx+wviBOWuCwamCUzjwMSdato43jbGA==",
        (("dist/d3-hierarchy.min.mjs", "d3-hierarchy.min.mjs"), ("LICENSE", "d3-hierarchy.LICENSE.txt")),
    ),
)


def main() -> None:
    """Fetch every library, copy its files, and write down what they are."""
    record = [_bring(library) for library in LIBRARIES]
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def checksum(path: Path) -> str:
    """Return a file's digest as the record has it."""
    return f"sha256-{hashlib.sha256(path.read_bytes()).hexdigest()}"


def _bring(library: Library) -> dict[str, object]:
    with tarfile.open(fileobj=io.BytesIO(_archive(library))) as archive:
        for inside, ours in library.files:
            member = archive.extractfile(f"package/{inside}")
            if member is None:
                raise SystemExit(f"{library.name} {library.version} has no file {inside}")
            (STATIC / ours).write_bytes(member.read())
    return {
        "name": library.name,
        "version": library.version,
        "licence": library.licence,
        "archive": library.integrity,
        "files": {ours: checksum(STATIC / ours) for _, ours in library.files},
    }


def _archive(library: Library) -> bytes:
    """Return a package's archive; end where it is not the one that was pinned."""
    with tempfile.TemporaryDirectory(prefix="spokewright-") as directory:
        command = ["npm", "pack", f"{library.name}@{library.version}", "--silent", "--pack-destination", directory]
        subprocess.run(command, check=True, capture_output=True, cwd=directory)  # noqa: S603 - names of ours
        content = next(Path(directory).glob("*.tgz")).read_bytes()
    found = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != library.integrity:
        raise SystemExit(f"{library.name} {library.version} is {found}, and not {library.integrity} as pinned")
    return content


if __name__ == "__main__":
    main()
