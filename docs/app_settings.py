"""The page of app settings: what each is for is written here; the code says which there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from docs import profiles
from orchestration.settings import AZURE, SERVICE_BUS

SOURCE = Path(__file__).parents[1] / "orchestration" / "settings.py"

START = """\
# Settings

The documents themselves hold everything else.

## What the app reads

Read once at the start by `orchestration/settings.py`. A missing one that has no default stops the app with an error
that names it.
"""

SETTINGS = {
    "SPOKEWRIGHT_STORE": (
        "required",
        (
            "Where documents, plans and history are kept: `https://ACCOUNT.table.core.windows.net` (with the managed "
            "identity), a storage connection string, or `sqlite:PATH` (the local stack)."
        ),
    ),
    SERVICE_BUS: (
        "this or the next",
        "A Service Bus connection string. The trigger reads the same setting.",
    ),
    f"{SERVICE_BUS}__fullyQualifiedNamespace": (
        "this or the one above",
        "The namespace's host name, such as `NAME.servicebus.windows.net`; the managed identity opens it.",
    ),
    "SPOKEWRIGHT_ARM_ENDPOINT": (
        f"`{AZURE}`",
        "Azure Resource Manager; another cloud's, or the simulator's. Access tokens go nowhere else.",
    ),
    "SPOKEWRIGHT_CA_BUNDLE": ("the system's", "A file of certificates to trust instead, for the simulator's own."),
    "SPOKEWRIGHT_IDENTITY_CLIENT_ID": (
        "the system-assigned identity",
        "The client id of the user-assigned identity that reads, and that opens the store, the queues and the topic.",
    ),
    "SPOKEWRIGHT_NETWORK_CLIENT_ID": (
        "the one that reads",
        "The client id of the identity that writes networks, firewalls, machines and names.",
    ),
    "SPOKEWRIGHT_CLUSTERS_CLIENT_ID": (
        "the one that reads",
        "The client id of the identity that writes clusters, their identities and the roles of these.",
    ),
    "SPOKEWRIGHT_SWEEP_MINUTES": (
        "15",
        "How often everything is compared with Azure, by lists: the net under events that never come.",
    ),
    "SPOKEWRIGHT_LOOK_HOURS": (
        "6",
        (
            "How old a document's own look at all that it has may become before the timer takes another: it sees what "
            "the sweep does not list, such as firewalls, machines and roles."
        ),
    ),
    "SPOKEWRIGHT_PROOF_MINUTES": (
        "60",
        "How old the proof from the jump server may become before a cluster, or a hub's DNS servers, are proved again.",
    ),
    "SPOKEWRIGHT_ACCESS": (
        "`keys`",
        (
            "What opens the API. `keys`: a function key, which opens everything. `entra`: whoever signed in by Entra "
            "ID, as far as their app roles go; no function key opens anything then "
            "([access](../how-to/access.md)). It is refused without the next two."
        ),
    ),
    "WEBSITE_AUTH_ENABLED": (
        "off",
        (
            "Set by the platform where App Service Authentication is on: then, and only then, its headers name who "
            "calls. Without it an approver is a name that came with the function key."
        ),
    ),
    "WEBSITE_AUTH_AAD_ALLOWED_TENANTS": (
        "any that the platform lets in",
        (
            "Ids of the tenants that may sign in, separated by commas. The platform reads it too; the app compares the "
            "tenant of each caller with it. `entra` needs it."
        ),
    ),
    "SPOKEWRIGHT_REQUESTERS": (
        "nobody is limited",
        (
            "JSON: which requesters, and which messages, are limited to which hubs and subscriptions "
            "([access](../how-to/access.md#limits))."
        ),
    ),
    "SPOKEWRIGHT_TOPIC_ENDPOINT": (
        "nothing is published",
        (
            "The endpoint of the Event Grid custom topic that gets the lifecycle events, such as "
            "`https://NAME.REGION-1.eventgrid.azure.net/api/events`; its input schema has to be CloudEvents 1.0."
        ),
    ),
    "SPOKEWRIGHT_TOPIC_KEY": ("the managed identity", "A key of that topic, to be used instead."),
    "SPOKEWRIGHT_EVENT_SOURCE": (
        "`/spokewright/` and the topic's host",
        "The attribute `source` of the lifecycle events: which Spokewright speaks, where several share a topic.",
    ),
    "SPOKEWRIGHT_TELEMETRY": (
        "`azure` where the next is set, else `off`",
        (
            "Where traces, metrics and logs go ([telemetry](telemetry.md)): `off`; `console`, standard error; "
            "`file:PATH`, lines of JSON; `otlp`, a collector, by the standard variables `OTEL_EXPORTER_OTLP_*`; "
            "`azure`, Application Insights, as the identity that reads."
        ),
    ),
    "APPLICATIONINSIGHTS_CONNECTION_STRING": (
        "none",
        "The platform's: which Application Insights. No secret where that takes Entra authentication only.",
    ),
    "SPOKEWRIGHT_CLOCK": (
        "the machine's clock",
        (
            "`REAL:SIMULATED:SPEED`: one moment on both clocks in seconds since 1970, and how many times faster "
            "the second runs. For the local stack only."
        ),
    ),
}
"""What is to be known of each setting, beyond its name: its default, and what it means."""

END = """\
`host.json` needs one more, which the durable extension reads: `SPOKEWRIGHT_TASK_HUB`, the name of the task hub. Two
deployments that share a durable backend need different ones.

The platform sets `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` where there is a managed identity; the local stack sets
them to the simulator's.

Schedules are not settings: every minute a timer looks for documents that are due and whether the next sweep is; the
tidying runs at 03:17 UTC (`orchestration/app.py`).
"""


def page(read: str, constant: str, notice: str) -> str:
    """Return the page around the tables of what the app reads, and of what every deployment has."""
    return f"{notice}\n{START}\n{read}\n{END}\n{profiles.START}\n{constant}\n{profiles.END}"


def rows() -> Iterator[tuple[str, ...]]:
    """Yield a row for each setting: its name, its default, what it means."""
    return ((f"`{name}`", *about) for name, about in SETTINGS.items())


def names() -> set[str]:
    """Return the names of the settings that the app reads, as its code says them."""
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    named = {text for text in texts if re.fullmatch(r"(SPOKEWRIGHT|WEBSITE|APPLICATIONINSIGHTS)_[A-Z_]+", text)}
    return named | {SERVICE_BUS, f"{SERVICE_BUS}__fullyQualifiedNamespace"}
