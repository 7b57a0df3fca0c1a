"""The command line's own house: who writes to the terminal, who reads the environment, what is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.test_imports import offenders

ROOT = Path(__file__).parents[2]
WRITERS = ("cli/printing.py",)
"""The one place in which everything is cleaned."""

READERS = ("cli/app.py", "cli/bus.py", "cli/contexts.py", "cli/printing.py", "cli/session.py")
"""The places in which settings are read from the environment."""


def nodes(folder: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield each node of each file, with the file's path."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            yield str(path.relative_to(ROOT)), node


def test_one_place_writes_to_the_terminal() -> None:
    """Nothing but the printing module writes: no print, no echo, no write to the streams beside it."""
    found = sorted(
        f"{path}:{node.lineno}"
        for path, node in nodes("cli")
        if isinstance(node, ast.Call) and _writes(node.func) and path not in WRITERS
    )
    assert found == []


def _writes(called: ast.expr) -> bool:
    text = ast.unparse(called)
    return (
        text in ("print", "input")
        or text.rpartition(".")[2] in ("echo", "secho", "prompt", "confirm_")
        or (text.startswith(("sys.stdout.write", "sys.stderr.write", "os.write")))
    )


def test_few_places_read_the_environment() -> None:
    """Settings come in at the edges."""
    found = {
        path for path, node in nodes("cli") if isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ"
    }
    assert found <= set(READERS)


@pytest.mark.parametrize("package", ["shared", "orchestration", "local", "tests", "function_app"])
def test_the_command_line_knows_nothing_of_the_app(package: str) -> None:
    """The API and the schemas are the contract: no module of the app or of the local stack is imported."""
    assert offenders("cli", package) == []


@pytest.mark.parametrize("library", ["httpx", "rich", "yaml", "keyring", "azure"])
def test_slow_libraries_are_imported_where_they_are_used(library: str) -> None:
    """No module of the command line imports a slow library at its top."""
    tops = [
        f"{path}: {node.lineno}"
        for path in sorted((ROOT / "cli").rglob("*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Import | ast.ImportFrom) and _imports(node, library)
    ]
    assert tops == []


def _imports(node: ast.Import | ast.ImportFrom, library: str) -> bool:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return any(name.split(".")[0] == library for name in names)
