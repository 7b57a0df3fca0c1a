"""The section on the app settings that every deployment of a profile has: from `infra/settings.json`, with reasons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).parents[1] / "infra" / "settings.json"
COMMON, DURABLE = "common", "durable"

START = """\
## The same in every deployment

`infra/settings.json` holds the app settings that do not differ between deployments of a profile. The Bicep sets them in
Azure; the local stack reads the same file. What only a deployment knows (addresses, names, client ids) the Bicep sets
beside them, and the stack likewise.

Two profiles: in `public` Azure's events can be pushed to the app, as the local stack does it; in `private` nothing from
outside reaches the app, and they come by the queue, as they do in Azure by default. Beside it the durable backend is
chosen: `azureManaged`, the Durable Task Scheduler, or `azureStorage`.
"""

END = """\
A function is disabled by `AzureWebJobs.NAME.Disabled`. Linux has no dots in names of variables, and the platform may
put underscores there; the Functions host takes either, and so does the local one.
"""

REASONS = {
    "AzureWebJobsStorage__credential": (
        "The platform's own storage has no shared keys. With `AzureWebJobsStorage__accountName` and "
        "`AzureWebJobsStorage__clientId`, which the Bicep sets."
    ),
    "PYTHON_THREADPOOL_THREAD_COUNT": (
        "As many threads as orchestrators are handed to a worker at once ([why](host.md)); the default of a small "
        "instance is five. Orchestrators are all that needs threads: everything else is a coroutine."
    ),
    "SERVICE_BUS__credential": (
        "The namespace has no shared keys. With `SERVICE_BUS__fullyQualifiedNamespace` and `SERVICE_BUS__clientId`. "
        "The local stack gives a connection string, which goes before it."
    ),
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": (
        "The exporter would count its own items among our metrics, as a service without a name; and as nothing is kept "
        "on a disk it would count what was sent as dropped, too."
    ),
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": (
        "The exporter would send figures about itself to Microsoft, at an address outside the network."
    ),
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": (
        "The exporter would ask Microsoft how it is to be configured, at an address outside the network."
    ),
    "AzureWebJobs.resource_events.Disabled": (
        "Event Grid cannot push to an app without public access, so nobody would ever call this trigger: off, its "
        "webhook answers 404 to whoever finds a way to it. Events come by the queue `resource-events`. In `public` the "
        "trigger of the queue stays on: both doors at once do no harm, and a subscription elsewhere may use the queue."
    ),
    "AzureFunctionsJobHost__extensions__durableTask__storageProvider__type": (
        "Overrides `host.json`, which names the Durable Task Scheduler ([the durable "
        "backend](host.md#the-durable-backend))."
    ),
    "AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName": (
        "With it the histories are in the platform's own storage account."
    ),
}
"""Why each is set."""


def settings() -> Iterator[tuple[str, str, str]]:
    """Yield each setting with its value and where it is set."""
    given = json.loads(FILE.read_text(encoding="utf-8"))
    for group, found in given.items():
        kinds = found.items() if group == DURABLE else [(group, found)]
        for kind, constant in kinds:
            where = "everywhere" if kind == COMMON else f"`{kind}`"
            yield from ((name, value, where) for name, value in constant.items())


def setting_rows() -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
    return ((f"`{name}`", f"`{value}`", where, REASONS[name]) for name, value, where in settings())
