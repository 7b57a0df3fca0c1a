"""Reads the app's functions: which triggers it has, and what each function wants to be called with.

What this host cannot run is refused here, at the start, and not when somebody needs it.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from local.host.configuration import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TRIGGERS = frozenset(
    {
        "activityTrigger",
        "eventGridTrigger",
        "httpTrigger",
        "orchestrationTrigger",
        "serviceBusTrigger",
        "timerTrigger",
    }
)
_BINDINGS = frozenset({"durableClient", "http"})
_DISABLED = re.compile(r"AzureWebJobs([._])(.+)\1Disabled", re.IGNORECASE)


class IndexingError(RuntimeError):
    """The app has a function that this host does not run; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app."""

    name: str
    trigger: str
    argument: str
    settings: Mapping[str, Any]
    call: Callable[..., Any]
    clients: tuple[str, ...] = ()

    @property
    def is_async(self) -> bool:
        """Whether it runs on the event loop."""
        return inspect.iscoroutinefunction(self.call)

    @property
    def wants_context(self) -> bool:
        """Whether it has an argument for the invocation's context."""
        return "context" in _parameters(self.call) and self.argument != "context"


@cache
def _parameters(call: Callable[..., Any]) -> frozenset[str]:
    return frozenset(inspect.signature(call).parameters)


@dataclass(frozen=True, slots=True)
class Functions:
    """All functions of an app: the durable ones by the name they are called by, the others by kind of trigger."""

    orchestrators: dict[str, Callable[..., Any]] = field(default_factory=dict)
    activities: dict[str, Function] = field(default_factory=dict)
    triggered: dict[str, dict[str, Function]] = field(default_factory=dict)

    def of(self, trigger: str) -> dict[str, Function]:
        """Return the functions with a kind of trigger, by name."""
        return self.triggered.get(trigger, {})


def index(app: Any, settings: Mapping[str, str]) -> Functions:
    """Read an app of the programming model v2, without what a setting disables; raises IndexingError."""
    functions = Functions()
    disabled = disabled_by(settings)
    try:
        found = app.get_functions()
    except ValueError as error:
        raise IndexingError(str(error)) from error
    for each in found:
        if each.get_function_name().lower() in disabled:
            continue
        function = _read(each, settings)
        match function.trigger:
            case "orchestrationTrigger":
                functions.orchestrators[function.settings.get("orchestration") or function.name] = function.call
            case "activityTrigger":
                functions.activities[function.settings.get("activity") or function.name] = function
            case _:
                functions.triggered.setdefault(function.trigger, {})[function.name] = function
    return functions


def disabled_by(settings: Mapping[str, str]) -> frozenset[str]:
    """Return the functions, in lower case, that settings disable, with dots or, as Linux has it, with underscores."""
    found = ((_DISABLED.fullmatch(name), value) for name, value in settings.items())
    return frozenset(match[2].lower() for match, value in found if match and value.lower() in ("true", "1"))


def _read(found: Any, settings: Mapping[str, str]) -> Function:
    name, trigger = found.get_function_name(), found.get_trigger()
    if trigger is None or trigger.type not in TRIGGERS:
        kind = trigger.type if trigger else "no trigger"
        raise IndexingError(f"function {name!r}: the local host does not run {kind}; it knows {sorted(TRIGGERS)}")
    others = [binding for binding in found.get_bindings() if binding is not trigger]
    unknown = [binding.type for binding in others if binding.type not in _BINDINGS]
    if unknown:
        raise IndexingError(f"function {name!r}: the local host does not have the bindings {unknown}")
    return Function(
        name=name,
        trigger=trigger.type,
        argument=trigger.name,
        settings={key: _plain(value, settings) for key, value in trigger.get_dict_repr().items()},
        call=found.get_user_function(),
        clients=tuple(binding.name for binding in others if binding.type == "durableClient"),
    )


def _plain(value: Any, settings: Mapping[str, str]) -> Any:
    """Return a binding's value without enumerations, and with `%NAME%` replaced."""
    if isinstance(value, Enum):
        return str(value.value)
    return resolve(value, settings) if isinstance(value, str) else value
