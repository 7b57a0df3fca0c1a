"""What every part of a document is: immutable, camelCase outside, closed to unknown fields, and able to judge itself.

It must not know any kind of document.
"""

from collections.abc import Iterable
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

Location = tuple[str | int, ...]
Fault = tuple[Location, str]
"""What is wrong, relative to the part that says so: where (names as written in YAML), and what to do."""

FAULTS = "faults"
"""The error type that carries several faults of one part at once."""


class Part(BaseModel):
    """A part of a document."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False
    )

    def faults(self) -> Iterable[Fault]:
        """Return what is wrong between the fields, which are each valid by now."""
        return ()

    @model_validator(mode="after")
    def _judge(self) -> Self:
        found = list(self.faults())
        if found:
            raise PydanticCustomError(FAULTS, "several fields contradict each other", {FAULTS: found})
        return self
