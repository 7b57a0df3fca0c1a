"""`spokewright send`: the same documents by Service Bus instead of HTTP, and the replies."""

from __future__ import annotations

import json
import re
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from cli.bus import REQUESTS, Bus, Message, Outgoing, namespace_of
from cli.errors import GENERAL, REFUSED, CommandError, Misused, Unreachable
from cli.options import deployment, files, recursive, service_bus, timeout
from cli.printing import BAD, FAINT, GOOD, WAITING, Cell, Screen
from cli.sources import MOST, Sourced, in_order, sourced

if TYPE_CHECKING:
    from cli.session import Chosen

    Json = dict[str, Any]

MOST_DOCUMENTS = 100
LARGEST = 200_000
"""Bytes of a request that the app takes."""
PLACE = re.compile(r"^\$\.documents\[(\d+)\](.*)$")
STYLES = {"changed": WAITING, "superseded": FAINT}


@click.command()
@files
@recursive
@click.option(
    "--operation", default="apply", show_default=True, type=click.Choice(["apply", "delete"]), help="What to do."
)
@click.option("--reply-to", default="", metavar="QUEUE", help="The queue for replies; with --wait they are read there.")
@click.option("--message-id", "identity", default="", metavar="ID", help="Sent twice, it is done once; else a new one.")
@click.option("--wait", is_flag=True, help="Wait for the replies, until every document is ready or gone.")
@timeout
@service_bus
@deployment
def command(
    chosen: Chosen,
    service_bus: str,
    files: tuple[str, ...],
    recursive: bool,  # noqa: FBT001 - an option
    wait: bool,  # noqa: FBT001 - an option
    timeout: float,
    **said: str,
) -> int:
    """Send documents as one request to the queue provisioning-requests: it is taken whole, or refused whole.

    With --wait the replies are shown. The local stack needs no --reply-to: it makes reply queues by itself.
    """
    screen = Screen()
    documents = in_order(sourced(files, recursive=recursive))
    body = _body(documents)
    with Bus(namespace_of(chosen, service_bus)) as bus:
        queue = said["reply_to"] or _own_queue(bus, wait=wait)
        identity = said["identity"] or str(uuid.uuid4())
        request = Outgoing(body, identity, identity, queue, {"operation": said["operation"]})
        bus.send(REQUESTS, request)
        number = "1 document" if len(documents) == 1 else f"{len(documents)} documents"
        screen.line(f"{number} to {bus.host}/{REQUESTS} ", Cell("sent", GOOD), Cell(f"   message {identity}", FAINT))
        if wait:
            _Waiting(screen, documents).wait(bus, queue, identity, timeout)
    return 0


def _body(documents: list[Sourced]) -> bytes:
    """Return the request; raise Misused where the app would not take it because of its size."""
    body = json.dumps({"documents": [one.body for one in documents]}).encode()
    if len(documents) > MOST_DOCUMENTS or len(body) > LARGEST:
        what = f"{len(documents)} documents of {len(body):,} bytes are too much for one message"
        raise Misused(what, f"send at most {MOST_DOCUMENTS} and {LARGEST:,} bytes at once")
    return body


def _own_queue(bus: Bus, *, wait: bool) -> str:
    """Return a reply queue of this request's own, where the bus makes such; else none, which --wait cannot do with."""
    if not wait:
        return ""
    if not bus.is_local:
        raise Misused("it is not said where replies go", "name a queue that you may read: --reply-to QUEUE")
    return f"reply-{uuid.uuid4()}"


@dataclass(slots=True)
class _Waiting:
    """Waits for the replies to one request."""

    screen: Screen
    documents: list[Sourced]
    left: set[str] = field(default_factory=set)
    """The documents about which nothing final came yet, as replies name them."""
    failed: list[str] = field(default_factory=list)

    def wait(self, bus: Bus, queue: str, identity: str, seconds: float) -> None:
        """Show replies until all is said; raise where it was refused, something failed, or the time is over."""
        self.left = {_key(one) for one in self.documents}
        with closing(bus.replies(queue, identity, seconds)) as replies:
            for reply in replies:
                self._take(str(reply.properties.get("result")), _content(reply))
                if not self.left:
                    break
        if self.failed:
            mend = f"it goes on trying; see `spokewright describe {self.failed[0]}`"
            raise CommandError(f"{', '.join(self.failed)} failed", mend, GENERAL)
        if self.left:
            late = ", ".join(sorted(_word(one) for one in self.left))
            mend = f"the request stands; see `spokewright get`, or read {queue}"
            raise Unreachable(f"nothing final came within {seconds:g} s about {late}", mend)

    def _take(self, result: str, body: Json) -> None:
        """Take one reply."""
        if result == "rejected":
            raise self._refused(body)
        if result == "accepted":
            self._accepted(body)
        elif str(body.get("document")) in self.left:
            self._final(result, body)

    def _accepted(self, body: Json) -> None:
        for word in ("changed", "unchanged", "superseded"):
            for document in body.get(word) or ():
                self.screen.line(f"{_word(document)} ", Cell(word, STYLES.get(word, "")))
        self.left -= set(map(str, body.get("superseded") or ()))

    def _final(self, result: str, body: Json) -> None:
        document = str(body["document"])
        self.left.discard(document)
        if result == "failed":
            self.failed.append(_word(document))
            self.screen.line(
                f"{_word(document)} ", Cell("failed", BAD), f" {body.get('reason')}: {body.get('message')}"
            )
        else:
            self.screen.line(f"{_word(document)} ", Cell("gone" if body.get("deleted") else "ready", GOOD))

    def _refused(self, body: Json) -> CommandError:
        """Return what was refused, with the file and line of each fault."""
        told = [one for one in body.get("problems") or () if isinstance(one, dict)]
        faults = [self._placed(str(one.get("path")), str(one.get("message"))) for one in told]
        mend = "mend the documents and send them again; `spokewright validate` checks them offline"
        return CommandError("the request was rejected; nothing was stored", mend, REFUSED, faults[:MOST])

    def _placed(self, path: str, message: str) -> str:
        found = PLACE.match(path)
        if not found or int(found[1]) >= len(self.documents):
            return f"{path}: {message}"
        path = f"${found[2]}"
        return f"{self.documents[int(found[1])].read.where_of(path)}: {path}: {message}"


def _key(one: Sourced) -> str:
    return f"{one.target.kind.name}/{one.target.name}"


def _word(document: Any) -> str:
    """Return a document as the command line names it."""
    kind, _, name = str(document).partition("/")
    return f"{kind.lower()}/{name}"


def _content(reply: Message) -> Json:
    """Return the JSON of a reply; empty where it is none."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
