"""Registers every function: the only place that knows Azure Functions' decorators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

from orchestration import names, tracing
from orchestration.access.guard import guarded
from orchestration.access.roles import Anonymous, Role
from orchestration.activities import conclusion, planning, steps, verification
from orchestration.orchestrators.reconcile import reconcile
from orchestration.orchestrators.step import step
from orchestration.orchestrators.verify import probe, verify
from orchestration.settings import SERVICE_BUS
from orchestration.triggers import (
    audits,
    backups,
    decisions,
    description,
    dns,
    events,
    http,
    lists,
    overview,
    page,
    requests,
    timers,
)
from orchestration.triggers.problem_documents import answered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Body = Callable[..., Awaitable[dict[str, Any]]]
    Handling = Callable[[], Awaitable[func.HttpResponse]]

    from orchestration.access.policy import Access
    from orchestration.dependencies import Dependencies

REQUESTS = "provisioning-requests"
RESOURCE_EVENTS = "resource-events"

SWEEP_SCHEDULE = "0 * * * * *"
"""Every minute: the net for wakes that were lost, and the clock of tries that are due."""

TIDY_SCHEDULE = "0 17 3 * * *"
"""Once a night."""

ORCHESTRATORS = {names.RECONCILE: reconcile, names.STEP: step, names.VERIFY: verify, names.PROBE: probe}

PLAIN_ACTIVITIES: dict[str, Body] = {
    names.BEGIN_STEP: steps.begin_step,
    names.POLL_STEP: steps.poll_step,
    names.BEGIN_VERIFICATION: verification.begin_verification,
    names.POLL_VERIFICATION: verification.poll_verification,
    names.RECORD_VERIFICATION: verification.record_verification,
}
WAKING_ACTIVITIES: dict[str, Body] = {
    names.PLAN_DOCUMENT: planning.plan_document,
    names.FINISH_STEP: steps.finish_step,
    names.CONCLUDE: conclusion.conclude,
}
"""Activities that wake other documents, and so get the durable client beside their job."""


@dataclass(frozen=True, slots=True)
class View:
    """One HTTP function: its name, route, methods, and the handler behind it."""

    name: str
    route: str
    methods: tuple[str, ...]
    handler: Callable[..., Awaitable[func.HttpResponse]]
    role: Role | Anonymous
    """What whoever calls needs, where callers sign in; with keys, a key opens everything that is not anonymous."""
    wakes: bool = False


DOCUMENT = "{collection:alpha}/{name}"
ROOT = "{root:maxlength(0)?}"
"""The prefix alone, `/api/`: Azure takes an empty route for the function's name."""
READER, REQUESTER, APPROVER, ADMIN = Role.READER, Role.REQUESTER, Role.APPROVER, Role.ADMIN
SENDER = Role.EVENT_SENDER
NOTHING_OF_OURS = Anonymous("the same for every installation; what it shows it asks from the API as whoever looks")
PUBLISHED = Anonymous("it stands in the repository, the same for every installation, and tools fetch it")
ALIVE = Anonymous("whoever watches the app asks it; it says no more than that the store can be read")
VIEWS = (
    View("get_document", DOCUMENT, ("GET",), http.get_document, READER),
    View("put_document", DOCUMENT, ("PUT",), http.put_document, REQUESTER, wakes=True),
    View("delete_document", DOCUMENT, ("DELETE",), http.delete_document, REQUESTER, wakes=True),
    View("plan", f"{DOCUMENT}/plan", ("GET",), http.get_plan, READER),
    # It makes the app read, by its own rights, whatever the document in the body names.
    View("preview", f"{DOCUMENT}/plan", ("POST",), http.preview_plan, REQUESTER),
    View("history", f"{DOCUMENT}/history", ("GET",), http.get_history, READER),
    View("approve", f"{DOCUMENT}/approve", ("POST",), decisions.approve, APPROVER, wakes=True),
    View("audit", f"{DOCUMENT}/audit", ("GET",), audits.get_audit, READER),
    View("retry", f"{DOCUMENT}/retry", ("POST",), http.retry, REQUESTER, wakes=True),
    View("dns", "hubs/{name}/dns", ("GET",), dns.get_dns, READER),
    View("list_hubs", "hubs", ("GET",), lists.list_hubs, READER),
    View("list_spokes", "spokes", ("GET",), lists.list_spokes, READER),
    View("list_clusters", "clusters", ("GET",), lists.list_clusters, READER),
    View("sweep_now", "sweep", ("POST",), decisions.sweep, ADMIN, wakes=True),
    View("service_audit", "audit", ("GET",), audits.get_service_audit, READER),
    View("overview", "overview", ("GET",), overview.get_overview, READER),
    View("topology", "topology", ("GET",), http.topology, READER),
    View("resolution", "resolution", ("GET",), http.resolution, READER),
    View("list_events", "events", ("GET",), events.list_events, READER),
    View("post_events", "events", ("POST",), events.post_events, SENDER, wakes=True),
    View("consent_to_events", "events", ("OPTIONS",), events.consent, SENDER),
    # All of the store at once, and back: for whoever answers for the app, and for nobody who only looks.
    View("backup", "backup", ("GET",), backups.get_backup, ADMIN),
    View("restore", "restore", ("POST",), backups.restore, ADMIN, wakes=True),
    View("openapi", "openapi.json", ("GET",), description.get_openapi, PUBLISHED),
    View("health", "healthz", ("GET",), http.health, ALIVE),
    View("page", ROOT, ("GET",), page.shell, NOTHING_OF_OURS),
    View("page_file", "page/{file}", ("GET",), page.file, NOTHING_OF_OURS),
)
"""The API. Lists have a route each, so that no route of one segment swallows the others."""


def build(dependencies: Dependencies) -> df.DFApp:
    """Return the app with everything registered."""
    app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
    for name, orchestrator in ORCHESTRATORS.items():
        trigger = app.orchestration_trigger(context_name="context", orchestration=name)
        app.function_name(name)(trigger(orchestrator))
    for name, body in PLAIN_ACTIVITIES.items():
        _add_activity(app, name, _bound(name, body, dependencies))
    for name, body in WAKING_ACTIVITIES.items():
        with_client = app.durable_client_input(client_name="client")
        _add_activity(app, name, with_client(_bound_waking(name, body, dependencies)))
    _add_triggers(app, dependencies)
    for view in VIEWS:
        _add_view(app, view, dependencies)
    return app


# Annotations below are plain classes: the Functions worker reads them when it loads the app.


def _bound(name: str, body: Body, dependencies: Dependencies) -> Any:
    async def activity(job: dict) -> dict:  # type: ignore[type-arg]  # a plain class, as said above
        return await tracing.activity(name, job, body(dependencies, job))

    return activity


def _bound_waking(name: str, body: Body, dependencies: Dependencies) -> Any:
    async def activity(job: dict, client: df.DurableOrchestrationClient) -> dict:  # type: ignore[type-arg]
        return await tracing.activity(name, job, body(dependencies, client, job))

    return activity


def _add_activity(app: df.DFApp, name: str, activity: Any) -> None:
    app.function_name(name)(app.activity_trigger(input_name="job", activity=name)(activity))


def _add_triggers(app: df.DFApp, dependencies: Dependencies) -> None:
    @app.function_name("provisioning_requests")
    @app.service_bus_queue_trigger(arg_name="message", queue_name=REQUESTS, connection=SERVICE_BUS)
    @app.durable_client_input(client_name="client")
    async def provisioning_requests(
        message: func.ServiceBusMessage, client: df.DurableOrchestrationClient, context: func.Context
    ) -> None:
        with tracing.message(REQUESTS, message, context):
            await requests.receive(dependencies, client, message)

    @app.function_name("resource_events")
    @app.event_grid_trigger(arg_name="event")
    @app.durable_client_input(client_name="client")
    async def resource_events(
        event: func.EventGridEvent, client: df.DurableOrchestrationClient, context: func.Context
    ) -> None:
        with tracing.event(context):
            await events.receive_event(dependencies, client, event)

    @app.function_name("resource_events_queue")
    @app.service_bus_queue_trigger(arg_name="message", queue_name=RESOURCE_EVENTS, connection=SERVICE_BUS)
    @app.durable_client_input(client_name="client")
    async def resource_events_queue(
        message: func.ServiceBusMessage, client: df.DurableOrchestrationClient, context: func.Context
    ) -> None:
        with tracing.message(RESOURCE_EVENTS, message, context):
            await events.receive_message(dependencies, client, message)

    @app.function_name("sweep")
    @app.timer_trigger(arg_name="timer", schedule=SWEEP_SCHEDULE, run_on_startup=False)
    @app.durable_client_input(client_name="client")
    async def sweep(
        timer: func.TimerRequest,  # noqa: ARG001 - bound
        client: df.DurableOrchestrationClient,
        context: func.Context,
    ) -> None:
        with tracing.timer("sweep", context):
            await timers.wake_stale(dependencies, client)
            await timers.sweep_if_due(dependencies, client)

    @app.function_name("tidy")
    @app.timer_trigger(arg_name="timer", schedule=TIDY_SCHEDULE, run_on_startup=False)
    async def tidy(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001 - bound
        with tracing.timer("tidy", context):
            await timers.tidy(dependencies)


def level_of(view: View, access: Access) -> func.AuthLevel:
    """Return what the platform asks for: a key, or nothing where the app itself judges who signed in."""
    opened = access.entra or isinstance(view.role, Anonymous)
    return func.AuthLevel.ANONYMOUS if opened else func.AuthLevel.FUNCTION


def _add_view(app: df.DFApp, view: View, dependencies: Dependencies) -> None:
    async def traced(req: func.HttpRequest, context: func.Context, handle: Handling) -> func.HttpResponse:
        answer = answered(guarded(dependencies, view, req, handle))
        return await tracing.request(view.route, req, context, http.COLLECTIONS, answer)  # type: ignore[no-any-return]

    async def plain(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        return await traced(req, context, lambda: view.handler(dependencies, req))

    async def waking(
        req: func.HttpRequest, client: df.DurableOrchestrationClient, context: func.Context
    ) -> func.HttpResponse:
        return await traced(req, context, lambda: view.handler(dependencies, client, req))

    handler: Any = app.durable_client_input(client_name="client")(waking) if view.wakes else plain
    route = app.route(route=view.route, methods=list(view.methods), auth_level=level_of(view, dependencies.access))
    app.function_name(view.name)(route(handler))
