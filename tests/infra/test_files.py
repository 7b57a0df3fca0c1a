"""The Bicep files by themselves: they parse, they use what they declare, and they fit each other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.infra.bicep import INFRA, Source, passed, sources, text, walk

ENTRIES = {"main.bicep", "management-group.bicep"}
"""What people and azd deploy; all others are modules."""
READ_BY_OTHERS = {"roles/assignable.json", "main.parameters.json", "README.md"}
"""Files that no Bicep file loads: the local stack, the planner's tests, azd and people read them."""
SECRET = re.compile("secret|password|accesskey|connectionstring", re.IGNORECASE)

each = pytest.mark.parametrize("file", sources(), ids=repr)


def unquoted(texts: str) -> list[str]:
    """Return the texts or numbers of a decorator's list."""
    return re.findall(r"[^\s,'\[\]]+", texts)


@each
def test_it_parses(file: Source) -> None:
    """The grammar takes every line."""
    assert file.faults == []


@each
def test_parameters_are_described(file: Source) -> None:
    """Each parameter says what it is, in a sentence that ends."""
    bad = [name for name, one in file.parameters.items() if not one.decorators.get("description", "").endswith(".'")]
    assert bad == []


@each
def test_parameters_are_constrained(file: Source) -> None:
    """Texts and lists have a length or a list of what is allowed, numbers a least and a most."""
    bad = []
    for name, one in file.parameters.items():
        said = set(one.decorators)
        if one.type == "string":
            held = bool(said & {"allowed", "minLength", "maxLength"})
        elif one.type == "int":
            held = "allowed" in said or {"minValue", "maxValue"} <= said
        else:
            held = True
        bad += [] if held else [name]
    assert bad == []


@each
def test_defaults_are_allowed(file: Source) -> None:
    """A default is one of the allowed values, and within the limits."""
    bad = []
    for name, one in file.parameters.items():
        if one.default is None:
            continue
        value = one.default.strip("'")
        if "allowed" in one.decorators and value not in unquoted(one.decorators["allowed"]):
            bad.append(name)
        if one.type == "int" and "minValue" in one.decorators:
            low, high = (int(one.decorators[limit]) for limit in ("minValue", "maxValue"))
            bad += [] if low <= int(value) <= high else [name]
        if one.type == "string" and len(value) > int(one.decorators.get("maxLength", 10_000)):
            bad.append(name)
    assert bad == []


@each
def test_secrets_are_secure(file: Source) -> None:
    """What is named like a secret is `@secure()`: there is none now, for identities open everything."""
    bad = [name for name, one in file.parameters.items() if SECRET.search(name) and "secure" not in one.decorators]
    assert bad == []


@each
def test_everything_declared_is_used(file: Source) -> None:
    """Every parameter and every variable is read somewhere in its file."""
    unused = [name for name in (*file.parameters, *file.variables) if file.identifiers.count(name) == 1]
    assert unused == []


@each
def test_modules_get_what_they_want(file: Source) -> None:
    """A module's file exists and gets its required parameters, and no others than it has."""
    for module in file.modules.values():
        target = Source(file.path.parent / module.of)
        wanted = {name for name, one in target.parameters.items() if one.default is None}
        given = passed(module)
        assert wanted <= given <= set(target.parameters), (module.name, wanted - given, given - set(target.parameters))


@each
def test_outputs_exist(file: Source) -> None:
    """What is read of a module is one of its outputs."""
    for name, output in file.outputs_used:
        target = Source(file.path.parent / file.modules[name].of)
        assert output in target.outputs, (name, output)


@each
def test_loaded_files_exist(file: Source) -> None:
    """What is loaded at compile time is there, and JSON where JSON is wanted."""
    for path in file.loads:
        content = path.read_text(encoding="utf-8")
        assert content
        if path.suffix == ".json":
            json.loads(content)


def test_every_module_is_used() -> None:
    """No Bicep file is left over."""
    used = {(file.path.parent / one.of).resolve() for file in sources() for one in file.modules.values()}
    assert {file.path for file in sources()} - used == {INFRA / name for name in ENTRIES}


def test_every_output_of_a_module_is_read() -> None:
    """No module says what nobody hears."""
    read = {
        ((file.path.parent / file.modules[name].of).resolve(), output)
        for file in sources()
        for name, output in file.outputs_used
    }
    said = {(file.path, name) for file in sources() for name in file.outputs if repr(file) not in ENTRIES}
    assert said - read == set()


def test_every_file_is_loaded() -> None:
    """Nothing lies in `infra` that neither Bicep nor anybody else reads."""
    loaded = {path for file in sources() for path in file.loads} | {file.path for file in sources()}
    here = {path for path in INFRA.rglob("*") if path.is_file()}
    assert {path.relative_to(INFRA).as_posix() for path in here - loaded} == READ_BY_OTHERS


def test_a_fault_is_found(tmp_path: Path) -> None:
    """A line that is no Bicep is named with its line: the parse above can fail."""
    path = tmp_path / "broken.bicep"
    path.write_text("param a string\nresource x 'a/b@2020-01-01' = {\n  name 'x'\n}\n")
    assert re.match(r".*broken\.bicep:3: ", Source(path).faults[0])


@each
def test_calls_are_read_as_calls(file: Source) -> None:
    """The grammar takes a call that begins a list for a name and a parenthesis: then nothing above would see it."""
    lists = [node for node in walk(file.tree) if node.type == "array"]
    assert [
        text(node)[:60] for node in lists if any(one.type == "parenthesized_expression" for one in node.children)
    ] == []
