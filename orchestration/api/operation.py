"""What is told of one method of one route: a shape, without any route's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Json = dict[str, Any]
NOTHING: Mapping[Any, Any] = MappingProxyType({})

JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query, or a header of the request."""

    name: str
    about: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    place: Literal["query", "header"] = "query"
    required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What may come back: a schema by its name (empty: no body), its media type, and headers that come along."""

    about: str
    schema: str = ""
    media: str = JSON
    headers: tuple[str, ...] = ()
    further: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Schemas of other media types, by their names."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route. In `id`, `about` and names of schemas `{Kind}` stands for Hub, Spoke or Cluster."""

    id: str
    tag: str
    about: str
    answers: Mapping[int, Answer]
    parameters: tuple[Parameter, ...] = ()
    body: str = ""
    bodies: tuple[str, ...] = (JSON,)
