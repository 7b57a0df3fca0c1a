"""What Bicep's compiler would refuse, as far as that can be seen without it: unknown names, values known too late."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.infra.bicep import Source, sources, text, walk

if TYPE_CHECKING:
    from tree_sitter import Node

FUNCTIONS = {
    "concat",
    "empty",
    "environment",
    "guid",
    "json",
    "length",
    "loadJsonContent",
    "loadTextContent",
    "managementGroup",
    "replace",
    "resourceGroup",
    "resourceId",
    "split",
    "string",
    "subscription",
    "subscriptionResourceId",
    "take",
    "tenant",
    "union",
    "uniqueString",
}
"""Bicep's functions that are used here; checkov's parser takes no lambdas."""
SCOPED = {
    "resourceGroup": ("resourceGroup",),
    "subscription": ("subscription", "resourceGroup"),
    "managementGroup": ("managementGroup",),
}
"""Functions that tell of the deployment's own scope, and in which scopes they may be called without arguments."""
LATE = re.compile(r"\.outputs\.|\.properties\.")
DECLARATIONS = ("resource_declaration", "module_declaration")

each = pytest.mark.parametrize("file", sources(), ids=repr)


def scope_of(file: Source) -> str:
    """Return what a file is deployed to."""
    found = re.search(r"^targetScope = '(\w+)'", file.text, re.MULTILINE)
    return found[1] if found else "resourceGroup"


def declared(file: Source) -> set[str]:
    """Return every name that an expression of a file may use."""
    loops = {text(node) for node in walk(file.tree) if node.type in ("loop_variable", "loop_enumerator")}
    single = {
        text(node.children[node.children.index(next(c for c in node.children if c.type == "for")) + 1])
        for node in walk(file.tree)
        if node.type == "for_statement"
    }
    return {*file.parameters, *file.variables, *file.resources, *file.modules, *loops, *single}


def calls(file: Source) -> list[Node]:
    """Return every call but those of decorators."""
    found = (node for node in walk(file.tree) if node.type == "call_expression")
    return [node for node in found if node.parent is None or node.parent.type != "decorator"]


def late(file: Source, expression: str) -> bool:
    """Say whether an expression, with the variables in it, needs what is known only once something is deployed."""
    seen: set[str] = set()
    waiting = [expression]
    while waiting:
        here = waiting.pop()
        if LATE.search(here):
            return True
        for name in set(re.findall(r"\w+", here)) & file.variables.keys() - seen:
            seen.add(name)
            waiting.append(file.variables[name])
    return False


def heads(file: Source) -> list[tuple[str, str]]:
    """Return what has to be known before anything is deployed: conditions, what loops run over, names of resources."""
    found = []
    for node in file.tree.children:
        if node.type not in DECLARATIONS:
            continue
        name = text(node.children[1])
        for part in walk(node.children[-1]):
            if part.type == "object":
                break
            if part.type == "for_statement":
                at = next(index for index, child in enumerate(part.children) if child.type == "in")
                found.append((name, text(part.children[at + 1])))
            if part.type == "if_statement":
                found.append((name, text(part.children[1])))
    for one in (*file.resources.values(), *file.modules.values()):
        found += [(one.name, value) for path, value in one.members.items() if path in ("name", "scope")]
    return found


@each
def test_every_name_is_declared(file: Source) -> None:
    """An expression uses names that the file declares: neither the grammar nor checkov would miss one."""
    functions = {id_ for node in calls(file) for id_ in [text(node.children[0])]}
    decorators = {"description", "allowed", "minLength", "maxLength", "minValue", "maxValue"}
    outputs = set(file.outputs)
    unknown = set(file.identifiers) - declared(file) - functions - decorators - outputs
    assert unknown == set()


@each
def test_every_function_exists(file: Source) -> None:
    """A call is of one of Bicep's functions."""
    assert {text(node.children[0]) for node in calls(file)} <= FUNCTIONS


@each
def test_scopes_are_asked_where_they_are(file: Source) -> None:
    """The group, the subscription, the management group that it is deployed to is asked for only where there is one."""
    for node in calls(file):
        name = text(node.children[0])
        if name in SCOPED and text(node.children[1]) == "()":
            assert scope_of(file) in SCOPED[name], (name, node.start_point.row + 1)


@each
def test_what_has_to_be_known_first_is(file: Source) -> None:
    """No condition, no loop, no name and no scope waits for something that is only there once it is deployed."""
    assert [(name, value) for name, value in heads(file) if late(file, value)] == []


@each
def test_modules_are_deployed_to_what_they_are_for(file: Source) -> None:
    """A module of another scope says which: a group of the file's own, or one by name."""
    for module in file.modules.values():
        target = scope_of(Source(file.path.parent / module.of))
        given = module.members.get("scope", "")
        if not given:
            assert target == scope_of(file), module.name
        elif given.startswith(("subscription(", "resourceGroup(")):
            assert given.startswith(f"{target}("), module.name
        else:
            assert target == "resourceGroup", module.name
            assert file.resources[given].kind == "Microsoft.Resources/resourceGroups"


FAULTS = {
    "a name nobody declared": ("var a = nobody\noutput b string = a\n", "every_name"),
    "a function that is none": ("var a = capitalise('x')\noutput b string = a\n", "every_function"),
    "the group of a subscription": ("targetScope = 'subscription'\noutput b string = resourceGroup().id\n", "scopes"),
    "a loop over outputs": (
        "var all = m.outputs.all\nresource r 'A/b@2020-01-01' = [for one in all: {\n  name: one\n}]\n",
        "known_first",
    ),
}


@pytest.mark.parametrize(("content", "by"), FAULTS.values(), ids=list(FAULTS))
def test_faults_are_found(tmp_path: Path, content: str, by: str) -> None:
    """Each of these tests refuses a file that has its fault."""
    path = tmp_path / "faulty.bicep"
    path.write_text(content)
    tests = {
        "every_name": test_every_name_is_declared,
        "every_function": test_every_function_exists,
        "scopes": test_scopes_are_asked_where_they_are,
        "known_first": test_what_has_to_be_known_first_is,
    }
    with pytest.raises(AssertionError):
        tests[by](Source(path))
