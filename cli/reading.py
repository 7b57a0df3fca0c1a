"""Documents from files, folders and the standard input, YAML or JSON, each with the file and line it came from.

It judges only whether a text can be read; what a document has to hold is the API's to say, and `validate`'s.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.errors import Misused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from yaml import Node

ENDINGS = (".yaml", ".yml", ".json")
STDIN = "-"
MOST = 100_000
"""Values of one document; the API takes fewer."""
JSON = (str, int, float, type(None))
PART = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Read:
    """One document that was read: its JSON form, its file, and where it begins there."""

    body: dict[str, Any]
    file: str
    line: int
    node: Node = field(repr=False, compare=False)

    @property
    def where(self) -> str:
        """The file and line, as editors and terminals open them."""
        return f"{self.file}:{self.line}"

    def line_of(self, path: str) -> int:
        """Return the line of a JSON path such as `$.spec.rules[0].action`; of the nearest that is there."""
        node = self.node
        for name, index in PART.findall(path.removeprefix("$")):
            found = _child(node, name, index)
            if found is None:
                break
            node = found
        return int(node.start_mark.line) + 1

    def where_of(self, path: str) -> str:
        """Return the file and line of a JSON path."""
        return f"{self.file}:{self.line_of(path)}"


def read_documents(sources: Sequence[str], *, recursive: bool = False) -> list[Read]:
    """Return every document in the sources; raise Misused where one cannot be read or there is none at all."""
    if not sources:
        raise Misused("no file is named", "name one: -f FILE, -f FOLDER, or -f - for the standard input")
    found = [document for source in sources for document in _read_source(source, recursive=recursive)]
    if not found:
        raise Misused(
            f"there is no document in {', '.join(sources)}", f"files that are read end in {', '.join(ENDINGS)}"
        )
    return found


def _read_source(source: str, *, recursive: bool) -> Iterator[Read]:
    if source == STDIN:
        yield from read_text(sys.stdin.read(), "standard input")
        return
    path = Path(source)
    if not path.is_dir():
        yield from _read_file(path)
        return
    listed = path.rglob("*") if recursive else path.iterdir()
    for one in sorted(listed):
        if one.suffix in ENDINGS and one.is_file():
            yield from _read_file(one)


def _read_file(path: Path) -> Iterator[Read]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Misused(f"{path} cannot be read: {error.strerror}", "name a file or folder that is there") from None
    except UnicodeDecodeError:
        raise Misused(f"{path} is not text in UTF-8", "save it as UTF-8") from None
    yield from read_text(text, str(path))


def read_text(text: str, file: str) -> Iterator[Read]:
    """Yield the documents of a text: those of a YAML stream, of a JSON list, of `items` or `documents`."""
    import yaml  # noqa: PLC0415 - slow to load

    loader: Any = None
    try:
        loader = _loader()(text)
        while loader.check_node():
            node = loader.get_node()
            yield from _documents(loader, node, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise Misused(f"{file}:{line}: {error.problem or error.context}", "mend the YAML there") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else "nested too deeply"
        raise Misused(f"{file}: {first}", "mend the file") from None
    finally:
        if loader is not None:
            loader.dispose()


def _documents(loader: Any, node: Node, file: str) -> Iterator[Read]:
    for part in _parts(node):
        body = loader.construct_document(part)
        line = part.start_mark.line + 1
        if body is None:
            continue
        if not isinstance(body, dict):
            raise Misused(f"{file}:{line}: not a document", "a document begins with apiVersion, kind and metadata")
        _check_json(body, f"{file}:{line}")
        yield Read(body, file, line, part)


def _check_json(body: Any, where: str) -> None:
    """Refuse what JSON cannot hold, and what unfolds without end: aliases of YAML may hold themselves."""
    left, count = [body], 0
    while left:
        value = left.pop()
        count += 1
        if count > MOST:
            raise Misused(f"{where}: holds itself, or more than {MOST:,} values", "write it out, with fewer of them")
        if isinstance(value, dict):
            left += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            left += value
        elif not isinstance(value, JSON) or (isinstance(value, float) and not isfinite(value)):
            mend = "use text, numbers, true, false and null only"
            raise Misused(f"{where}: a {type(value).__name__} cannot be sent as JSON", mend)


def _parts(node: Node) -> list[Node]:
    """Return the documents in a node: itself, or those of the list that it is or holds."""
    held = _child(node, "items", "") or _child(node, "documents", "")
    whole = held if held is not None and _child(node, "spec", "") is None else node
    return list(whole.value) if _is_a(whole, "sequence") else [whole]


def _child(node: Node, name: str, index: str) -> Node | None:
    if name and _is_a(node, "mapping"):
        return next((value for key, value in node.value if key.value == name), None)
    if index and _is_a(node, "sequence") and int(index) < len(node.value):
        found: Node = node.value[int(index)]
        return found
    return None


def _is_a(node: Node, what: str) -> bool:
    """Say whether a node is a `mapping` or a `sequence`."""
    return str(getattr(node, "id", "")) == what


def _loader() -> Any:
    """Return a loader of JSON's types only, which refuses a key that is there twice."""
    import yaml  # noqa: PLC0415 - slow to load

    class Loader(yaml.SafeLoader):
        """Reads times as the text that they are."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - yaml's
            """Build a mapping with each key once."""
            seen: set[str] = set()
            for key, _ in node.value:
                if key.value in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key '{key.value}' is there twice", problem_mark=key.start_mark
                    )
                seen.add(str(key.value))
            return super().construct_mapping(node, deep=deep)

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Loader
