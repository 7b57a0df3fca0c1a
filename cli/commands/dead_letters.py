"""`spokewright dead-letters`: what was rejected or could not be worked on, and sending it once more."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.asking import ask, confirm
from cli.bus import EVENTS, REJECTED, REQUESTS, Bus, Message, Outgoing, Source, namespace_of
from cli.errors import REFUSED, Missing, Misused
from cli.moments import shown
from cli.options import deployment, limit, online, output, service_bus
from cli.printing import BAD, FAINT, GOOD, STRONG, Cell, Screen
from cli.undelivered import events_in, files_in, reason_of, send

if TYPE_CHECKING:
    from cli.client import Api
    from cli.session import Chosen

    Json = dict[str, Any]

HEADS = ("message", "came", "id", "why")
EXPIRED = "rejected-dead-letters"
"""Rejected requests that were looked at so often, or lay there so long, that Service Bus set them aside once more."""
SOURCES = {
    REJECTED: Source(REJECTED),
    EXPIRED: Source(REJECTED, dead_letters=True),
    REQUESTS: Source(REQUESTS, dead_letters=True),
    EVENTS: Source(EVENTS, dead_letters=True),
}
TARGETS = {REJECTED: REQUESTS, EXPIRED: REQUESTS, REQUESTS: REQUESTS, EVENTS: EVENTS}
"""Where a message of each is sent once more."""
OURS = ("reasons", "problems", "bodyBytes", "DeadLetterReason", "DeadLetterErrorDescription")
"""The properties that rejecting a message, or setting it aside, added."""
ALL = 10_000


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that was set aside, and where."""

    queue: str
    message: Message

    def __str__(self) -> str:
        return f"{self.queue}/{self.message.number}"

    @property
    def why(self) -> str:
        """Why it is there."""
        told = self.message.properties.get("reasons")
        return str(told) if told else ": ".join(filter(None, (self.message.reason, self.message.description)))

    @property
    def text(self) -> str:
        """Its body."""
        return self.message.body.decode("utf-8", "replace")

    def as_data(self) -> Json:
        """Return it as JSON."""
        one = self.message
        found = {"message": str(self), "came": one.enqueued, "id": one.id, "correlationId": one.correlation}
        return found | {"why": self.why, "properties": one.properties, "body": self.text}


queue_option = click.option(
    "--queue",
    "queues",
    multiple=True,
    type=click.Choice(list(SOURCES)),
    help="Only this one: what was rejected, or the dead letters of a queue. May be said several times.",
)


@click.group()
def command() -> None:
    """Look at rejected requests and dead letters, and send them once more.

    Rejected requests are in the queue provisioning-rejected, and after long in its dead letters; what failed again and
    again is in the dead letters of provisioning-requests and resource-events. A message is named by its queue and
    number, as `list` shows it. What Event Grid could not deliver lies in files: `events` sends those.
    """


@command.command("list")
@queue_option
@limit
@output("json", "yaml")
@service_bus
@deployment
def list_(chosen: Chosen, service_bus: str, queues: tuple[str, ...], limit: int, output: str) -> int:
    """List what was rejected and the dead letters, oldest first; nothing is taken."""
    screen = Screen()
    with Bus(namespace_of(chosen, service_bus)) as bus:
        letters = _letters(bus, queues, limit)
    if screen.as_data(output, [one.as_data() for one in letters]):
        return 0
    if not letters:
        screen.progress(Cell("Nothing was rejected, and there are no dead letters.", FAINT))
        return 0
    screen.table(HEADS, [(str(one), shown(one.message.enqueued), one.message.id, _first(one.why)) for one in letters])
    return 0


@command.command("show")
@click.argument("name", metavar="QUEUE/NUMBER")
@output("json", "yaml")
@service_bus
@deployment
def show(chosen: Chosen, service_bus: str, name: str, output: str) -> int:
    """Show one message: why it is there, its properties, its body."""
    screen = Screen()
    queue, number = _named(name)
    with Bus(namespace_of(chosen, service_bus)) as bus:
        letter = _found(bus, queue, number)
    if screen.as_data(output, letter.as_data()):
        return 0
    _show(screen, letter)
    return 0


@command.command("replay")
@click.argument("names", nargs=-1, metavar="[QUEUE/NUMBER]...")
@click.option("--all", "all_", is_flag=True, help="Everything that `list` shows.")
@queue_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@service_bus
@deployment
def replay(
    chosen: Chosen,
    service_bus: str,
    names: tuple[str, ...],
    all_: bool,  # noqa: FBT001 - an option
    queues: tuple[str, ...],
    yes: bool,  # noqa: FBT001 - an option
) -> int:
    """Send messages once more, and take them away from where they are.

    A rejected request gets a new message id, for the app answers one that it knows as before. Its reply queue is not
    known any more; replies go to the topic.
    """
    screen = Screen()
    if bool(names) == all_:
        raise Misused("it is not said which messages", "name some, as `spokewright dead-letters list` does, or --all")
    with Bus(namespace_of(chosen, service_bus)) as bus:
        named = [_found(bus, *_named(name)) for name in names]
        letters = named or _letters(bus, queues, ALL)
        _refuse_what_was_cut(letters)
        for one in letters:
            screen.line(f"{one} ", Cell(f"   {one.message.id}   {_first(one.why)}", FAINT))
        if letters and not yes:
            ask(screen, f"Send {'it' if len(letters) == 1 else f'these {len(letters)}'} once more?", bus.host)
        _replay(bus, screen, letters)
    return 0


@command.command("events")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@online
def events(api: Api, paths: tuple[Path, ...], yes: bool) -> int:  # noqa: FBT001 - an option
    """Send events that Event Grid could not deliver: files of its dead-letter container, or folders with them.

    An event is a hint: the app looks at what each is about. The files stay where they are.
    """
    screen = Screen()
    found = [event for path in files_in(paths) for event in events_in(path)]
    for reason, count in sorted(Counter(map(reason_of, found)).items()):
        screen.line(f"{count} events ", Cell(f"   {reason or 'it is not said why'}", FAINT))
    if found and not yes:
        confirm(screen, api, f"Send these {len(found)}?")
    sent = send(api, found)
    for refused in sent.refused:
        screen.line(Cell(f"refused: {refused}", BAD))
    screen.line(
        Cell(f"{sent.noticed} looked at", GOOD), f", {sent.ignored} of no interest, {len(sent.refused)} refused"
    )
    return REFUSED if sent.refused else 0


def _replay(bus: Bus, screen: Screen, letters: list[Letter]) -> None:
    """Send each once more, then take it away: what is interrupted may be sent twice, and is never lost."""
    for queue in dict.fromkeys(one.queue for one in letters):
        wanted = {one.message.number for one in letters if one.queue == queue}
        with closing(bus.pick(SOURCES[queue], set(wanted))) as picked:
            for message in picked:
                bus.send(TARGETS[queue], _again(queue, message))
                wanted.discard(message.number)
                screen.line(f"{queue}/{message.number} ", Cell("sent once more", GOOD))
        if wanted:
            gone = ", ".join(f"{queue}/{number}" for number in sorted(wanted))
            raise Missing(f"{gone} cannot be had", "somebody else holds it or took it; look again in a minute")


def _again(queue: str, message: Message) -> Outgoing:
    """Return the message that is sent: as it came, but for what was added where it lay."""
    properties: dict[str | bytes, Any] = {name: value for name, value in message.properties.items() if name not in OURS}
    identity = str(uuid.uuid4()) if queue in (REJECTED, EXPIRED) else message.id
    return Outgoing(message.body, identity, message.correlation, message.reply_to, properties, message.content_type)


def _refuse_what_was_cut(letters: list[Letter]) -> None:
    for one in letters:
        if one.queue in (REJECTED, EXPIRED) and "bodyBytes" in one.message.properties:
            raise Misused(f"{one} is kept only in part: it was too large", "send the documents themselves again")


def _letters(bus: Bus, queues: tuple[str, ...], most: int) -> list[Letter]:
    return [Letter(queue, one) for queue in queues or SOURCES for one in bus.peek(SOURCES[queue], most)]


def _found(bus: Bus, queue: str, number: int) -> Letter:
    """Return one message; raise Missing where there is none of that number."""
    seen = bus.peek(SOURCES[queue], 1, number)
    if not seen or seen[0].number != number:
        raise Missing(f"there is no message {queue}/{number}", "see `spokewright dead-letters list`")
    return Letter(queue, seen[0])


def _named(name: str) -> tuple[str, int]:
    """Return the queue and the number in a message's name."""
    queue, _, number = name.partition("/")
    if queue not in SOURCES or not number.isascii() or not number.isdigit():
        raise Misused(f"'{name}' names no message", f"write QUEUE/NUMBER; queues are {', '.join(SOURCES)}")
    return queue, int(number)


def _show(screen: Screen, letter: Letter) -> None:
    for word, value in _told(letter):
        screen.line(Cell(f"{word}: ".ljust(16), STRONG), value)
    screen.line(Cell("Why:", STRONG))
    for line in letter.why.splitlines() or ["it is not said"]:
        screen.line("  ", Cell(line, BAD))
    screen.line(Cell("Body:", STRONG))
    try:
        screen.json(json.loads(letter.message.body))
    except (ValueError, RecursionError):
        screen.text(letter.text)


def _told(letter: Letter) -> Iterator[tuple[str, str]]:
    one = letter.message
    yield "Message", str(letter)
    yield "Came", shown(one.enqueued)
    yield "Id", one.id
    if one.correlation:
        yield "Correlation", one.correlation
    for name, value in one.properties.items():
        if name != "reasons":
            yield name, str(value)


def _first(text: str) -> str:
    """Return the first line, and how many follow."""
    first, *more = text.splitlines() or [""]
    return f"{first} (and {len(more)} more)" if more else first
