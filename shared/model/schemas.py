"""The documents' JSON Schemas, for editors and other languages: `python -m shared.model.schemas docs/schemas`.

Nothing at run time reads them. Rules between fields and documents are beyond them; the app's answer is the last word.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from shared.model.document import MODELS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: str) -> dict[str, Any]:
    """Return the schema of what a person writes."""
    schema = MODELS[kind].model_json_schema(by_alias=True, mode="validation")
    return {"$schema": DIALECT, "title": kind, **schema}


def render(kind: str) -> str:
    """Return the schema's file."""
    return json.dumps(schema_of(kind), indent=2, sort_keys=True) + "\n"


def write(directory: Path) -> list[Path]:
    """Write one file for each kind; return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind in MODELS:
        path = directory / f"{kind.lower()}.schema.json"
        path.write_text(render(kind), encoding="utf-8")
        paths.append(path)
    return paths


if __name__ == "__main__":
    for written in write(Path(sys.argv[1])):
        print(written)  # noqa: T201 - a command says what it wrote
