"""The administration door `/_simulator/`: journal, faults, denials, principals, clock, webhooks, reset. Not Azure's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from local.simulator.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.simulator.arm import Arm
    from local.simulator.clock import Clock
    from local.simulator.journal import Journal
    from local.simulator.outbox import Outbox


class Admin:
    """Handlers of the door; `wake` is called after what may make something due."""

    def __init__(self, arm: Arm, clock: Clock, journal: Journal, outbox: Outbox, wake: Callable[[], None]) -> None:
        self._arm = arm
        self._clock = clock
        self._journal = journal
        self._outbox = outbox
        self._wake = wake

    def routes(self) -> list[web.RouteDef]:
        """List what the door serves."""
        return [
            web.get("/_simulator/journal", self.journal),
            web.get("/_simulator/faults", self.faults),
            web.put("/_simulator/faults", self.put_faults),
            web.delete("/_simulator/faults", self.delete_faults),
            web.get("/_simulator/denials", self.denials),
            web.put("/_simulator/denials", self.put_denials),
            web.get("/_simulator/principals", self.principals),
            web.put("/_simulator/principals", self.put_principals),
            web.get("/_simulator/clock", self.clock),
            web.put("/_simulator/clock", self.put_clock),
            web.get("/_simulator/webhooks", self.webhooks),
            web.put("/_simulator/webhooks", self.put_webhooks),
            web.post("/_simulator/reset", self.reset),
        ]

    async def journal(self, request: web.Request) -> web.Response:
        """Every request and event as JSON lines; `?since=N` after line N, `?bodies=1` with request bodies."""
        self._arm.flush()
        since = int(request.query.get("since", "0"))
        lines = self._journal.lines(since, bodies=request.query.get("bodies") == "1")
        text = "".join(line + "\n" for line in lines)
        return web.Response(text=text, content_type="application/jsonl")

    async def faults(self, _: web.Request) -> web.Response:
        """Show the fault rules with how often each was seen and acted."""
        return web.json_response({"rules": self._arm.faults.rules()})

    async def put_faults(self, request: web.Request) -> web.Response:
        """Replace the fault rules."""
        try:
            self._arm.faults.replace(await request.json())
        except ValueError as wrong:
            return web.json_response({"error": str(wrong)}, status=400)
        return await self.faults(request)

    async def delete_faults(self, request: web.Request) -> web.Response:
        """Let nothing go wrong any more."""
        self._arm.faults.replace([])
        return await self.faults(request)

    async def denials(self, _: web.Request) -> web.Response:
        """Show what the principals of this Azure may not do."""
        return web.json_response([denial.document for denial in self._arm.world.denials])

    async def put_denials(self, request: web.Request) -> web.Response:
        """Replace what they may not do (see `local/simulator/denials.py`); an empty list allows everything."""
        try:
            return web.json_response(self._arm.deny(await request.json()))
        except ValueError as wrong:
            return web.json_response({"error": str(wrong)}, status=400)

    async def principals(self, _: web.Request) -> web.Response:
        """Show the principals that were deployed, with their ids and roles."""
        return web.json_response([each.shown for each in self._arm.world.principals.values()])

    async def put_principals(self, request: web.Request) -> web.Response:
        """Replace them (see `local/simulator/principals.py`)."""
        try:
            return web.json_response(self._arm.deploy(await request.json()))
        except ValueError as wrong:
            return web.json_response({"error": str(wrong)}, status=400)

    async def clock(self, _: web.Request) -> web.Response:
        """Show simulated time, speed and real time."""
        return web.json_response(self._time())

    async def put_clock(self, request: web.Request) -> web.Response:
        """Set `speed`, or go forward: `advance` seconds, or to `now` (POSIX seconds)."""
        wanted: dict[str, Any] = await request.json()
        target = wanted.get("now")
        if "advance" in wanted:
            target = self._clock.now() + float(wanted["advance"])
        if target is not None and float(target) < self._clock.now():
            return web.json_response({"error": "time does not go back"}, status=400)
        speed = float(wanted.get("speed", self._clock.speed))
        self._clock.run(speed, at=None if target is None else float(target))
        self._arm.catch_up()
        self._wake()
        return web.json_response(self._time())

    async def webhooks(self, _: web.Request) -> web.Response:
        """List where events go, each as it was given: a URL, or an object with `url` or `queue`, and `schema`."""
        return web.json_response(self._outbox.webhooks.given)

    async def put_webhooks(self, request: web.Request) -> web.Response:
        """Send events to these from now on: URLs, webhooks or queues with their schema (see `webhooks`)."""
        try:
            self._outbox.subscribe(await request.json())
        except ValueError as wrong:
            return web.json_response({"error": str(wrong)}, status=400)
        self._wake()
        return await self.webhooks(request)

    async def reset(self, _: web.Request) -> web.Response:
        """Forget all resources, operations, the journal and undelivered events."""
        self._arm.reset()
        return web.json_response({"reset": True})

    def _time(self) -> dict[str, Any]:
        now = self._clock.now()
        return {
            "now": now,
            "simulatedTime": timestamp(now),
            "speed": self._clock.speed,
            "realTime": timestamp(self._clock.real()),
        }
