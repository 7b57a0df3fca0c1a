"""Names that leave: attributes of spans and logs, metrics. Alerts and queries rely on them: add, do not change.

`docs/reference/telemetry.md` is made from this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DOCUMENT = "spokewright.document"
INSTANCE = "spokewright.instance"
RESOURCE = "spokewright.resource"
STEP = "spokewright.step"
RUN = "spokewright.run"
ACTION = "spokewright.action"
OUTCOME = "spokewright.outcome"
ERROR = "error.type"

METHOD = "http.request.method"
STATUS = "http.response.status_code"
ROUTE = "http.route"
ADDRESS = "server.address"
PORT = "server.port"
TYPE = "azure.resource_type"
PROVIDER = "azure.resource_provider"
API_VERSION = "azure.api_version"
REQUEST_ID = "azure.request_id"
POLL = "azure.poll"
RETRY_AFTER = "azure.retry_after"
THROTTLED = "azure.throttled"

QUEUE = "messaging.destination.name"
SYSTEM = "messaging.system"
MESSAGE_ID = "messaging.message.id"

ATTRIBUTES = {
    DOCUMENT: "The document, as `Cluster/payments-prod`; of several, with a comma and a space between.",
    INSTANCE: "The instance of the reconcile, as `cluster.payments-prod`.",
    RUN: "The run of the reconcile, as in the history.",
    RESOURCE: "The resource id that it is about.",
    STEP: "The step, as in the plan and the history; `verification` of a proof.",
    ACTION: "What a step does: `create`, `update`, `delete`, `wait`; `verify` of a proof.",
    OUTCOME: "How it ended.",
    ERROR: "The class of the error, or Azure's code. Never its message.",
    METHOD: "The method of a request.",
    STATUS: "The status that a request was answered with.",
    ROUTE: "The route of the API.",
    ADDRESS: "Which host was asked; never a path or a query: an operation's is signed.",
    PORT: "The port that was asked.",
    TYPE: "The type of the resource, as `Microsoft.Network/virtualNetworks`.",
    PROVIDER: "The resource provider that was asked, as `Microsoft.Network`.",
    API_VERSION: "The api-version of a call.",
    REQUEST_ID: "Azure's name of the call, for its support.",
    POLL: "True where the call is a look at an operation.",
    RETRY_AFTER: "Seconds that Azure said to wait.",
    THROTTLED: "True where Azure answered that a quota is spent (429).",
    QUEUE: "The queue that a message came from.",
    SYSTEM: "`servicebus` or `eventgrid`.",
    MESSAGE_ID: "The id of a message.",
}
"""What each attribute means."""

Kind = Literal["counter", "histogram", "gauge"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what it counts, in which unit, by which attributes."""

    name: str
    kind: Kind
    unit: str
    what: str
    by: tuple[str, ...] = ()


RECONCILES = Metric(
    "spokewright.reconciles",
    "counter",
    "{reconcile}",
    "Reconciles that came to an end. Outcomes: `ready`, `waiting`, `failed`, `removed`, `again` (somebody woke it "
    "meanwhile).",
    ("kind", "outcome"),
)
RECONCILE_FAILURES = Metric(
    "spokewright.reconcile.failures",
    "counter",
    "{reconcile}",
    "Reconciles that ended with failed steps, or gave up. Each is tried again, so one that does not heal counts again.",
    ("kind", "reason"),
)
RECONCILE_DURATION = Metric(
    "spokewright.reconcile.duration",
    "histogram",
    "s",
    "From the start of a reconcile to its end.",
    ("kind", "outcome"),
)
STEP_DURATION = Metric(
    "spokewright.step.duration",
    "histogram",
    "s",
    "From the beginning of a step to its end, with waits for locks and quotas. Outcomes: `succeeded`, `failed`.",
    ("type", "action", "outcome"),
)
STEP_FAILURES = Metric(
    "spokewright.step.failures", "counter", "{step}", "Steps that failed, by the class of the error.", ("type", "error")
)
QUEUE_AGE = Metric(
    "spokewright.queue.age",
    "histogram",
    "s",
    "How old a message was when it was taken, by its queue: `provisioning-requests`, `resource-events`. `events`: "
    "since when something had changed in Azure, whichever way its event came.",
    ("queue",),
)
REQUESTS = Metric(
    "spokewright.requests", "counter", "{message}", "Request messages, `accepted` or `rejected`.", ("result",)
)
EVENTS = Metric(
    "spokewright.events",
    "counter",
    "{event}",
    "Events of Azure: `noticed`, `ignored` (of no interest), `malformed`.",
    ("result",),
)
DRIFT_DIFFERENCES = Metric(
    "spokewright.drift.differences",
    "counter",
    "{difference}",
    "Differences that looks found between Azure and what it was, and that nobody asked us for.",
    ("kind",),
)
DRIFTED = Metric(
    "spokewright.documents.drifted",
    "gauge",
    "{document}",
    "Documents whose condition `Drifted` is True, each minute.",
    ("kind",),
)
DOCUMENTS = Metric(
    "spokewright.documents",
    "gauge",
    "{document}",
    "Documents by the status of their condition `Ready` (`True`, `False`, `Unknown`), each minute.",
    ("kind", "ready"),
)
CALLS = Metric(
    "spokewright.arm.calls",
    "counter",
    "{call}",
    "Calls to Azure Resource Manager; one that got no answer has the status 0.",
    ("provider", "method", "status"),
)
THROTTLES = Metric(
    "spokewright.arm.throttles",
    "counter",
    "{call}",
    "Calls that Azure answered with 429, quotas and locks alike.",
    ("provider",),
)
CALL_DURATION = Metric(
    "spokewright.arm.call.duration", "histogram", "s", "Of calls to Azure Resource Manager.", ("provider", "method")
)
SWEEPS = Metric("spokewright.sweeps", "counter", "{sweep}", "Sweeps: `succeeded` or `failed`.", ("outcome",))
SWEEP_DURATION = Metric("spokewright.sweep.duration", "histogram", "s", "Of sweeps.", ("outcome",))
SWEEP_AGE = Metric(
    "spokewright.sweep.age",
    "gauge",
    "s",
    "Since the last sweep that succeeded, each minute. Far above `SPOKEWRIGHT_SWEEP_MINUTES`: sweeps fail. Not there "
    "at all: the timer does not run.",
)
HUB_PEERINGS = Metric("spokewright.hub.peerings", "gauge", "{peering}", "Peerings of a hub, of 500.", ("hub",))
HUB_LINKS = Metric(
    "spokewright.hub.links", "gauge", "{link}", "Networks linked to a hub's private DNS zone, of 1,000.", ("hub",)
)
SPOKE_ROUTES = Metric("spokewright.spoke.routes", "gauge", "{route}", "Routes of a spoke's table, of 400.", ("spoke",))
CAPACITY = Metric(
    "spokewright.capacity.used",
    "gauge",
    "1",
    "The share of Azure's limit that is used, 0 to 1, each minute. Limits: `peerings`, `links`, `routes`.",
    ("document", "limit"),
)

METRICS = (
    RECONCILES,
    RECONCILE_FAILURES,
    RECONCILE_DURATION,
    STEP_DURATION,
    STEP_FAILURES,
    QUEUE_AGE,
    REQUESTS,
    EVENTS,
    DRIFT_DIFFERENCES,
    DRIFTED,
    DOCUMENTS,
    CALLS,
    THROTTLES,
    CALL_DURATION,
    SWEEPS,
    SWEEP_DURATION,
    SWEEP_AGE,
    HUB_PEERINGS,
    HUB_LINKS,
    SPOKE_ROUTES,
    CAPACITY,
)
