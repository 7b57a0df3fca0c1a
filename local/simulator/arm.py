"""Azure Resource Manager without HTTP: a request in, an answer out, one transaction each.

Synchronous and single-threaded: the server calls it, and calls `catch_up` when an operation is due.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.simulator import events
from local.simulator.access import check_allowed
from local.simulator.actions import Needed, needed, needed_to_poll
from local.simulator.answer import ArmError, Caller
from local.simulator.denials import read_denials
from local.simulator.dispatch import Dispatched, Dispatcher, Sent
from local.simulator.events import Happening
from local.simulator.faults import Faults, refusal
from local.simulator.journal import of_operation, of_request
from local.simulator.kinds.identity import find_by_client
from local.simulator.kinds.resource_graph import QUERY_TYPE
from local.simulator.limits import Limits
from local.simulator.operations import Operations
from local.simulator.paging import read_offset, write_page
from local.simulator.principals import read_principals
from local.simulator.registry import Registry, check_version_format
from local.simulator.resource import GROUP_TYPE, Json, ResourceId
from local.simulator.target import read_target
from local.simulator.tenant import Tenant, clouds
from local.simulator.world import Stored, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulator.clock import Clock
    from local.simulator.harm import Harm
    from local.simulator.identity import Identity
    from local.simulator.journal import Journal
    from local.simulator.operation import Operation
    from local.simulator.outbox import Outbox
    from local.simulator.principals import Principal
    from local.simulator.store import Store

LOG = logging.getLogger("local.simulator")
_ACTIONS = {"PUT": "write", "PATCH": "write", "DELETE": "delete"}


@dataclass(slots=True)
class Reply:
    """What goes out; `delay` is in simulated seconds."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    kind: str = ""
    operation: str = ""


class Arm:
    """One simulated Azure."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        identity: Identity,
        journal: Journal,
        outbox: Outbox,
        *,
        subscriptions: Mapping[str, str],
        page_size: int = 100,
    ) -> None:
        self._store = store
        self._clock = clock
        self._identity = identity
        self._journal = journal
        self._outbox = outbox
        self._page_size = page_size
        self._registry = Registry()
        self.world = World(self._registry)
        self.operations = Operations(self.world, store, self._operation_ended)
        self.faults = Faults(store)
        self.world.subscriptions = tuple(each.lower() for each in subscriptions)
        self.world.denials = read_denials(store.setting("denials", []))
        self.deploy(store.setting("principals", []))
        self._limits = Limits()
        self._tenant = Tenant(identity.tenant_id, subscriptions, self._registry)
        self._dispatcher = Dispatcher(self.world, self._registry)
        self._ended: dict[str, Operation] = {}
        self._happened: list[Happening] = []
        self._caller: Caller | None = None
        self._needed: list[Needed] = []
        self._context: Json = {}
        self._load()

    # --- requests --------------------------------------------------------------------------------------

    def handle(self, sent: Sent) -> Reply:
        """Answer a request, journal it and make its changes durable."""
        began = time.perf_counter()
        self.catch_up()
        self.world.now = self._clock.now()
        self._caller, self._needed = None, []
        harm = self.faults.harm(sent.method, sent.path)
        try:
            with self.world.transaction():
                reply = self._answer(sent, harm)
        except ArmError as error:
            reply = Reply(error.status, error.document, dict(error.headers))
        except Exception:
            LOG.exception("request.crashed method=%s path=%s", sent.method, sent.path)
            crash = ArmError(500, "InternalServerError", "The simulator failed; its log says why.")
            reply = Reply(500, crash.document)
        reply.delay += harm.answer_delay
        self._headers(sent, reply)
        self._write_journal(sent, reply, time.perf_counter() - began)
        self.flush()
        return reply

    def _answer(self, sent: Sent, harm: Harm) -> Reply:
        if sent.path.lower().rstrip("/") == "/metadata/endpoints":
            return Reply(200, clouds(sent.base, sent.base))
        caller = self._caller = self._identity.caller(sent.headers, self._clock.real())
        if harm.answer:
            raise refusal(harm.answer)
        version = sent.query.get("api-version", "")
        if sent.method == "GET" and (poll := self.operations.poll(sent.path, sent.query, sent.base)):
            self._check(caller, sent, needed_to_poll(sent.path))
            namespace = ResourceId.of(poll.resource_id).namespace
            limits = self._spend(sent, poll.resource_id, caller, f"{namespace}/operations")
            return Reply(poll.status, poll.body, {**limits, **poll.headers}, operation=poll.operation)
        if (document := self._tenant.answer(sent.method, sent.path, version)) is not None:
            return Reply(200, document)
        target = read_target(sent.method, sent.path)
        if target is None:
            return self._list_resources(sent, caller)
        if target.id.subscription:
            self._tenant.check_subscription(target.id.subscription)
        limits = self._spend(sent, str(target.id), caller, target.id.type)
        self._check(caller, sent, needed(sent.method, target, sent.body))
        self._context = self._context_of(sent, caller, harm)
        reply = self._reply(sent, self._dispatcher.dispatch(sent, target, caller), harm)
        reply.headers.update(limits)
        reply.kind = target.id.type
        return reply

    def _check(self, caller: Caller, sent: Sent, needs: list[Needed]) -> None:
        """Refuse what the caller may not do; the journal says what was needed."""
        self._needed = needs
        check_allowed(self.world, caller, needs, sent.body)

    def _spend(self, sent: Sent, path: str, caller: Caller, resource_type: str) -> dict[str, str]:
        if resource_type.lower() == QUERY_TYPE.lower():
            return self._limits.spend_query(self.world.now, caller, sent.headers.get("x-ms-correlation-request-id", ""))
        subscription = ResourceId.of(path).subscription if ResourceId.parse(path) else path.split("/")[2]
        return self._limits.spend(self.world.now, sent.method, subscription, caller, resource_type)

    def _reply(self, sent: Sent, done: Dispatched, harm: Harm) -> Reply:
        if done.answer is None:
            return self._page(sent, done)
        answer, kind = done.answer, done.kind
        headers = dict(answer.headers)
        operation = ""
        context = {**self._context, "created": done.created}
        if answer.begin is not None:
            context |= {"fail": harm.fail, "extraSeconds": harm.operation_delay}
            begun = self.operations.begin(kind, done.request, answer.begin, context)
            headers |= self.operations.headers(kind, begun, sent.base, answer.begin.headers)
            operation = begun.id
        elif sent.method in _ACTIONS and answer.status < 300 and answer.status != 204:  # noqa: PLR2004 - HTTP
            self._happen(done.request.id, _ACTIONS[sent.method], "Succeeded", context)
        body = answer.body
        if body is None and answer.resource is not None:
            body = kind.render(self.world, answer.resource)
            if sent.method == "GET" and body.get("etag"):
                headers["etag"] = body["etag"]
        return self._finished(sent, Reply(answer.status, body, headers, operation=operation))

    @staticmethod
    def _finished(sent: Sent, reply: Reply) -> Reply:
        if sent.method == "HEAD":
            reply.body = None
            reply.status = 204
        return reply

    def _page(self, sent: Sent, done: Dispatched) -> Reply:
        resources = done.listed or []
        offset = read_offset(sent.query)
        most = max(self._page_size, done.kind.longest_page)
        size = min(int(sent.query.get("$top") or self._page_size), most)
        shown = [done.kind.render(self.world, r) for r in resources[offset : offset + size]]
        return Reply(200, write_page(sent, shown, offset + size if offset + size < len(resources) else None))

    def _list_resources(self, sent: Sent, caller: Caller) -> Reply:
        """Answer `/subscriptions/{id}/resources` and the same below a group; refuse all other paths."""
        scope, _, tail = sent.path.rstrip("/").rpartition("/")
        if tail.lower() != "resources" or not scope.lower().startswith("/subscriptions/"):
            raise ArmError(404, "InvalidResourceType", f"The path '{sent.path}' names no resource.")
        inside = "resourceGroups/" if "/resourcegroups/" in scope.lower() else ""
        self._check(caller, sent, [Needed(f"Microsoft.Resources/subscriptions/{inside}resources/read", scope)])
        check_version_format(sent.query.get("api-version", ""))
        wanted = _filtered_type(sent.query.get("$filter", ""))
        found = [r for r in self.world.under(scope, wanted) if len(r.id.types) == 1 and r.id.type != GROUP_TYPE]
        kept = ("id", "name", "type", "location", "tags", "sku", "identity", "zones", "kind")
        shown = [self.world.kind(r.id.type).render(self.world, r) for r in found]
        return Reply(200, {"value": [{k: d[k] for k in kept if k in d} for d in shown]})

    # --- operations and events -------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Let every operation that is due go on, in the order in which they are due."""
        now = self._clock.now()
        while due := self.operations.due(now):
            for operation in due:
                self._context = operation.context
                self._advance(operation)
                self.flush()

    def _advance(self, operation: Operation) -> None:
        try:
            with self.world.transaction():
                self.operations.advance(operation)
        except Exception as error:
            if not isinstance(error, ArmError):
                LOG.exception("operation.crashed resource=%s verb=%s", operation.resource_id, operation.verb)
            failure = error if isinstance(error, ArmError) else ArmError(500, "InternalServerError", str(error))
            with self.world.transaction():
                self.operations.fail(operation, failure)

    def _operation_ended(self, operation: Operation) -> None:
        self._ended[operation.id] = operation
        self._journal.write("operation", of_operation(operation))
        action = _ACTIONS.get(operation.verb, f"{operation.verb}/action")
        self._happen(ResourceId.of(operation.resource_id), action, operation.status, operation.context)

    def _happen(self, resource_id: ResourceId, action: str, status: str, context: Json) -> None:
        self._happened.append(Happening(resource_id, action, status, context))

    # --- durability ------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what changed, and send what is to be told, in one transaction of the file."""
        changed, announced = self.world.take_changes()
        for announcement in announced:
            context = {**self._context, "method": ""}
            self._happened.append(Happening(announcement.id, announcement.action, "Succeeded", context))
        for happening in self._happened:
            self._outbox.send(events.compose(self.world, happening), happening.context.get("events") or [])
        self._happened.clear()
        self._store_resources(changed)
        counters = [(name, self.world.counters[name]) for name in self.world.counted]
        self._store.put_rows("counters", counters)
        self.world.counted.clear()
        self.operations.flush(self._ended)
        self._ended.clear()
        self._store.commit()

    def _store_resources(self, changed: Mapping[str, Stored | None]) -> None:
        for key, stored in changed.items():
            if stored is None:
                self._store.write("delete from resources where key = ?", key)
            else:
                row = [str(stored.id), stored.text, stored.etag, stored.created, stored.changed]
                self._store.put_rows("resources", [(key, stored.seq, json.dumps(row))])

    def _load(self) -> None:
        for _, seq, row in self._store.read("select key, seq, row from resources order by seq"):
            identity, *rest = json.loads(row)
            self.world.load(Stored(ResourceId.of(identity), seq, *rest))
        self.world.counters.update(dict(self._store.read("select name, value from counters")))
        self.operations.load()

    def deny(self, denials: Any) -> list[Json]:
        """Replace what is denied, durably; raises ValueError for what is no list of denials."""
        self.world.denials = read_denials(denials)
        shown = [denial.document for denial in self.world.denials]
        self._store.set_setting("denials", shown)
        return shown

    def deploy(self, principals: Any) -> list[Json]:
        """Replace the principals that were deployed, durably; raises ValueError for what is no list of them."""
        found = read_principals(principals)
        self.world.principals = {each.object_id: each for each in found}
        self._store.set_setting("principals", principals)
        return [each.shown for each in found]

    def principal(self, client_id: str) -> Principal | None:
        """Find whose client id this is: a deployed principal's, or a user-assigned identity's."""
        deployed = (each for each in self.world.principals.values() if each.app_id == client_id.lower())
        return next(deployed, None) or find_by_client(self.world, client_id)

    def reset(self) -> None:
        """Forget all resources, operations, journal and events; settings stay."""
        self._store.forget()
        self.world.forget()
        self.operations.forget()
        self._limits.forget()

    # --- small print -----------------------------------------------------------------------------------

    def _context_of(self, sent: Sent, caller: Caller, harm: Harm) -> Json:
        return {
            "correlationId": sent.headers.get("x-ms-correlation-request-id") or self.world.guid("correlation"),
            "clientRequestId": sent.headers.get("x-ms-client-request-id", ""),
            "objectId": caller.object_id,
            "appId": caller.app_id,
            "tenantId": caller.tenant_id,
            "method": sent.method,
            "url": sent.base + sent.path,
            "events": harm.events,
        }

    def _headers(self, sent: Sent, reply: Reply) -> None:
        request_id = self.world.guid("request")
        reply.headers.setdefault("x-ms-request-id", request_id)
        given = sent.headers.get("x-ms-correlation-request-id")
        reply.headers.setdefault("x-ms-correlation-request-id", given or request_id)
        reply.headers.setdefault("x-ms-routing-request-id", f"SIMULATED:{request_id}")
        if sent.headers.get("x-ms-return-client-request-id", "").lower() == "true":
            reply.headers["x-ms-client-request-id"] = sent.headers.get("x-ms-client-request-id", "")

    def _write_journal(self, sent: Sent, reply: Reply, seconds: float) -> None:
        principal = self._caller.object_id if self._caller else ""
        fields = of_request(sent, reply, seconds, principal, self._needed)
        self._journal.write("request", fields, sent.body)


def _filtered_type(expression: str) -> str:
    name, _, value = expression.partition(" eq ")
    return value.strip("' ") if name.strip().lower() == "resourcetype" else ""
