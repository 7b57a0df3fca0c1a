"""The page of `host.json`: each key with its value and why it has it; what is left out on purpose, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "host.json"

START = """\
# host.json

What the Functions host and its extensions obey: every key of `host.json`, and why it has its value. An app setting
`AzureFunctionsJobHost__` with the keys joined by `__` overrides one without a deployment of code; the local host obeys
such settings too, for the keys that it obeys at all ("here").

None of this was seen at work in Azure: it follows Azure's documentation, the extensions' public source and users'
issues, read in 2026-11.
"""

REASONS = {
    "version": "The schema of the file, for version 4 of the host.",
    "logging.applicationInsights.samplingSettings.isEnabled": (
        "A storm of events must not cost more in telemetry than in work. Above the default rate items are left out."
    ),
    "logging.applicationInsights.samplingSettings.excludedTypes": (
        "Never left out: a request is a function that ran, with its outcome, and an exception why it failed. So no "
        "failure is lost by sampling; what goes missing is the talk beside it."
    ),
    "logging.logLevel.default": (
        "What the host says of functions that ran. The app's own lines, one for each decision and none for each poll, "
        "go to Application Insights without the host ([telemetry](telemetry.md#logs)); they come as "
        "`Function.NAME.User` only where `SPOKEWRIGHT_TELEMETRY` is not `azure`."
    ),
    "logging.logLevel.Azure": "The clients' every request and answer, with headers. Warnings and errors stay.",
    "logging.logLevel.DurableTask": "The durable backend's every message and lease.",
    "logging.logLevel.Host.Aggregator": "Counts that metrics give already.",
    "logging.logLevel.Host.Triggers.DurableTask": (
        "The durable extension says each function's scheduling, start and end once more: of all chatter the most."
    ),
    "logging.logLevel.Microsoft": "The host prints its options and its hosting at each start.",
    "extensionBundle.id": "Released extensions: its sibling `.Preview` may change from one day to the other.",
    "extensionBundle.version": (
        "From the first minor version of which it is known that it has the Durable Task Scheduler's extension, up to "
        "the next major version, with which trigger schemas may change."
    ),
    "extensions.durableTask.hubName": (
        "An app setting, so that two deployments that share a backend differ. Whole values in percent signs are "
        "resolved here, and not in `storageProvider`."
    ),
    "extensions.durableTask.storageProvider.type": (
        "The Durable Task Scheduler: see [the durable backend](#the-durable-backend)."
    ),
    "extensions.durableTask.storageProvider.connectionStringName": (
        "The app setting with the scheduler's `Endpoint=...;Authentication=ManagedIdentity;ClientID=...`: an address "
        "and who speaks, no secret."
    ),
    "extensions.durableTask.overridableExistingInstanceStates": (
        "A document has one reconcile, and its instance id is the document's: a start while one runs has to be "
        "refused, or history would be thrown away in the middle of a write. It is the extension's default since "
        "version 3 and was not before; so much depends on it that it is said."
    ),
    "extensions.durableTask.maxConcurrentActivityFunctions": (
        "An activity is a coroutine that waits for one answer of Azure's, for a second or two: 32 of them are little "
        "for one core, and Azure's token buckets are shared by all of them anyway."
    ),
    "extensions.durableTask.maxConcurrentOrchestratorFunctions": (
        "A turn of an orchestrator is pure computing on a thread of the worker's pool. More than there are threads "
        "would wait in this instance, where no other can take them: `PYTHON_THREADPOOL_THREAD_COUNT` is as large."
    ),
    "extensions.durableTask.tracing.traceInputsAndOutputs": (
        "Inputs and outputs are documents' steps and Azure's errors. They belong into the store and into no log."
    ),
    "extensions.durableTask.tracing.traceReplayEvents": "A replay is nothing that happened.",
    "extensions.http.routePrefix": "The API is below `/api`: [routes](http.md) and the command line count on it.",
    "extensions.serviceBus.autoCompleteMessages": (
        "A function that returns has taken the message, one that raises has it delivered again. What cannot be "
        "accepted is answered and kept apart before that, so nothing is dead-lettered for being wrong."
    ),
    "extensions.serviceBus.maxAutoLockRenewalDuration": (
        "As long as a function may run (`functionTimeout`): as long as somebody works at a message nobody else gets it."
    ),
    "extensions.serviceBus.maxConcurrentCalls": (
        "Messages at once, for each queue and instance, and the figure by which the platform scales: queue length by "
        "16. A message is a store's write and some wakes; a burst of events about one resource is one look."
    ),
    "extensions.serviceBus.prefetchCount": (
        "None. The lock of a prefetched message runs, and is not renewed, while it waits here; another instance could "
        "have had it at once. Reading ahead pays for thousands of messages a second."
    ),
    "functionTimeout": (
        "Nothing of ours waits: the longest activity is a look at a hub with hundreds of spokes. What takes longer "
        "hangs, is ended, and is tried again. The plan's default is half an hour."
    ),
}
"""Why each key has its value."""

OBEYED = frozenset(
    {
        "extensions.durableTask.hubName",
        "extensions.durableTask.maxConcurrentActivityFunctions",
        "extensions.durableTask.overridableExistingInstanceStates",
        "extensions.http.routePrefix",
        "extensions.serviceBus.autoCompleteMessages",
        "extensions.serviceBus.maxAutoLockRenewalDuration",
        "extensions.serviceBus.maxConcurrentCalls",
        "extensions.serviceBus.prefetchCount",
    }
)
"""What the local host does likewise, because it reads it or because it can do nothing else."""

END = """\
## The durable backend

`host.json` names the Durable Task Scheduler: work items are pushed to the app instead of being polled for, histories
are kept without a storage account of ours, and there is a dashboard. It needs the app settings
`DURABLE_TASK_SCHEDULER_CONNECTION_STRING` and `SPOKEWRIGHT_TASK_HUB`; the identity `reader` needs the role Durable Task
Data Contributor at the task hub.

Azure Storage is the other choice, with the app settings that `infra/settings.json` has in `durable.azureStorage`
([settings](settings.md#the-same-in-every-deployment)). What is known of such a choice:

- The extension resolves `%NAME%` in `hubName`, and takes the words in `storageProvider` as they are. So the choice is
  made by overriding the keys, not by an expression.
- The host obeys an override. The platform's scale controller is told what stands in the file, and users saw it stay
  with that ([issue](https://github.com/Azure/azure-functions-durable-extension/issues/2622), open). With Azure Storage
  keep one instance of the group `durable` always ready, or let the file say `AzureStorage`.
- Histories do not move from one backend to the other, and nothing else is lost: documents are in the store, the timer
  wakes what is unfinished, and each reconcile begins with a look. Change it while none is `Reconciling`; an operation
  that is in flight is waited for as if it were somebody else's.
- Inputs, outputs and events may have 1 MB in the scheduler. Ours have some kilobytes: 40 steps without their bodies.
- Some pages for languages other than .NET call the type `durabletask-scheduler`, Azure's own documentation and samples
  `azureManaged` for all. If the host says at its start that it has no such provider, its message lists those it has.

## How it scales

On Flex Consumption the HTTP functions scale as one group, the orchestrators and activities as another (`durable`), and
every other function on instances of its own: the two queues, the Event Grid trigger and the timers. So

- what one instance knows of (looks that are under way, `orchestration/coalescing.py`; whose a resource is,
  `orchestration/owners.py`) only saves calls, and is never what keeps the truth;
- the concurrency of HTTP is the Bicep's (`scaleAndConcurrency`), not this file's;
- the maximum number of instances bounds what Azure is asked at once. Token buckets are per subscription and identity:
  more instances are not more throughput there.

## Left out on purpose
"""

LEFT_OUT = {
    "concurrency.dynamicConcurrencyEnabled": (
        "It finds its own figure for Service Bus by trying; then neither a measurement nor the scaling by queue length "
        "means anything."
    ),
    "retry": (
        "Service Bus delivers again, activities are called again by orchestrators, both bounded. A retry by the host "
        "would multiply both."
    ),
    "extensions.serviceBus.clientRetryOptions": "The client's own are for the connection, not for our function.",
    "extensions.durableTask.extendedSessionsEnabled": "Not for Python, and not with the Durable Task Scheduler.",
    "extensions.durableTask.defaultVersion": (
        "Instances are versioned by their input ([in durable histories](../contracts.md#in-durable-histories)): one "
        "worker serves all versions."
    ),
    "extensions.durableTask.storageProvider.partitionCount": (
        "And other keys of Azure Storage. Four partitions are 64 orchestrators at once; changing it later needs a new "
        "task hub."
    ),
    "telemetryMode": (
        "`OpenTelemetry` would let the host export by OpenTelemetry as well. It then ignores `samplingSettings`, and "
        "keeps the app's lines apart from its own only with `PYTHON_ENABLE_OPENTELEMETRY`, with which a version "
        "of the worker is reported to fail each call. The app takes the host's trace context as it is, in either mode, "
        "so its spans lie below the host's requests without it."
    ),
    "extensions.durableTask.tracing.distributedTracingEnabled": (
        "The durable backend's own spans, a second time beside ours, which know documents, steps and resources."
    ),
    "functions": "Which functions run is said by settings, per profile: `AzureWebJobs.NAME.Disabled`.",
}
"""What the file could say, and why it does not."""


def keys(found: Any, *above: str) -> Iterator[tuple[str, Any]]:
    """Yield every leaf of the file with its path, its keys joined by dots."""
    if not isinstance(found, dict):
        yield ".".join(above), found
        return
    for name, value in found.items():
        yield from keys(value, *above, name)


def key_rows() -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
    for key, value in keys(json.loads(FILE.read_text(encoding="utf-8"))):
        yield f"`{key}`", f"`{json.dumps(value)}`", "yes" if key in OBEYED else "", REASONS[key]


def left_out_rows() -> Iterator[tuple[str, ...]]:
    """Yield the rows of what is left out."""
    return ((f"`{key}`", why) for key, why in LEFT_OUT.items())


def page(table: str, left_out: str, notice: str) -> str:
    """Return the page."""
    return f"{notice}\n{START}\n{table}\n{END}\n{left_out}"
