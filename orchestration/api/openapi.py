"""OpenAPI 3.1 of the API: made from the views, what is told of each, and the models. Pure, the same for everybody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from orchestration.access.roles import Anonymous, Role, sufficient
from orchestration.api import components, operations
from orchestration.api.operation import JSON, PROBLEM, Answer, Operation, Parameter
from shared.model.values import Name

if TYPE_CHECKING:
    Json = dict[str, Any]

VERSION = "1"
"""Of the API, which is that of `spokewright/v1`: members and routes are added, none is taken away."""

ABOUT = """\
Hubs, spokes and clusters as documents: what should be, what is, and what is wrong. The reference is docs/reference in
the repository. This description is the same for every installation, and says nothing about this one."""

COLLECTION, EMPTY, PLAIN = re.compile(r"\{collection[^}]*\}"), re.compile(r"\{\w+:maxlength\(0\)\?\}"), r"{\1}"
CONSTRAINED = re.compile(r"\{(\w+):[^}]*\}")
NAMED = re.compile(r"\{(\w+)\}")
PREFIX = "/api"
EXAMPLES = {"Hub": "weu", "Spoke": "payments", "Cluster": "payments-prod", "": "index.html"}
"""Names in paths, those of examples/first-cluster.yaml; where it is about no document, a file of the page."""


class Described(Protocol):
    """What is asked of a view."""

    @property
    def name(self) -> str:
        """Its name in the table."""

    @property
    def route(self) -> str:
        """Its route, as Functions writes it."""

    @property
    def methods(self) -> tuple[str, ...]:
        """Its methods."""

    @property
    def role(self) -> Role | Anonymous:
        """What whoever calls it needs."""


def build(views: Iterable[Described], collections: Mapping[str, str]) -> Json:
    """Return the description of these views; each collection becomes paths of its own, with its kind's schemas."""
    paths: dict[str, Json] = {}
    for view in views:
        for path, kind in _paths(view.route, collections):
            told = paths.setdefault(path, _place(path, kind))
            for method in view.methods:
                told[method.lower()] = _operation(view, operations.OPERATIONS[view.name, method], kind)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Spokewright",
            "version": VERSION,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in components.SECURITY],
        "paths": paths,
        "components": {
            "schemas": components.schemas(),
            "headers": components.headers(),
            "securitySchemes": components.SECURITY,
        },
    }


def _paths(route: str, collections: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the paths of a route, each with the kind of document that it is about, if it is about one."""
    path = f"{PREFIX}/{CONSTRAINED.sub(PLAIN, COLLECTION.sub('{collection}', EMPTY.sub('', route)))}"
    if "{collection}" not in path:
        yield path, collections.get(route.partition("/")[0], "")
        return
    for collection, kind in collections.items():
        yield path.replace("{collection}", collection), kind


def _place(path: str, kind: str) -> Json:
    found = [_in_path(name, kind) for name in NAMED.findall(path)]
    return {"parameters": found} if found else {}


def _in_path(name: str, kind: str) -> Json:
    schema = _name_schema() if name == "name" else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema, "example": EXAMPLES[kind]}


def _name_schema() -> Json:
    from pydantic import TypeAdapter  # noqa: PLC0415 - with the rest of what only the description needs

    return TypeAdapter(Name).json_schema()


def _operation(view: Described, told: Operation, kind: str) -> Json:
    refusals = {} if isinstance(view.role, Anonymous) else {401: operations.UNKNOWN, 403: operations.FORBIDDEN}
    answers = {**refusals, **told.answers}
    if told.tag != "Service" or view.name == "health":
        answers[503] = operations.BUSY
    found: Json = {
        "operationId": told.id.replace("{Kind}", kind),
        "tags": [told.tag.replace("{Kind}", kind)],
        "summary": told.about,
        "responses": {str(status): _answer(status, answer, kind) for status, answer in sorted(answers.items())},
    }
    if isinstance(view.role, Anonymous):
        found |= {"security": [], "description": f"Anonymous: {view.role.reason}."}
    else:
        enough = " or ".join(role.value for role in sufficient(view.role))
        found |= {"x-spokewright-role": view.role.value, "description": f"App role, where people sign in: {enough}."}
    if told.parameters:
        found["parameters"] = [_parameter(parameter) for parameter in told.parameters]
    if told.body:
        content = {media: _content(told.body, kind) for media in told.bodies}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _parameter(told: Parameter) -> Json:
    return {
        "name": told.name,
        "in": told.place,
        "required": told.required,
        "description": told.about,
        "schema": dict(told.schema),
    }


def _answer(status: int, told: Answer, kind: str) -> Json:
    found: Json = {"description": told.about}
    if told.headers:
        found["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in told.headers}
    if told.schema:
        media = PROBLEM if status >= 400 and told.media == JSON else told.media  # noqa: PLR2004 - HTTP's own number
        found["content"] = {name: _content(one, kind) for name, one in {media: told.schema, **told.further}.items()}
    return found


def _content(schema: str, kind: str) -> Json:
    return {"schema": {"$ref": components.REF.format(model=schema.replace("{Kind}", kind))}}
