"""`spokewright init`: writes a commented starter set of documents, which are valid as they are."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TextIO

import click

from cli.errors import CommandError, Misused
from cli.faults import faults_of
from cli.kinds import KINDS, order_of
from cli.printing import FAINT, GOOD, Cell, Screen
from cli.reading import read_text

FOLDER = Path(__file__).parents[1] / "starter"
NOBODYS_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHNwb2tld3JpZ2h0LWV4YW1wbGUta2V5LW5vdC11c2Vk example"
NOBODYS_NOTE = "This one is an example: nobody has its private half."
NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
OPTIONS = {
    "$.spec.location": "--location",
    "$.spec.subscriptionId": "--subscription",
    "$.spec.hub": "--hub",
    "$.spec.spoke": "--name",
    "$.spec.jumpServer.sshPublicKey": "--ssh-public-key",
}
"""Which option a wrong value came from."""


@click.command()
@click.argument("directory", default=".", metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", default="first", show_default=True, help="The name of the spoke and the cluster.")
@click.option("--hub", default="", metavar="NAME", help="The name of the hub; else that of its region.")
@click.option("--location", default="westeurope", show_default=True, metavar="REGION", help="The hub's region.")
@click.option("--subscription", default=NO_SUBSCRIPTION, metavar="ID", help="The hub's subscription.")
@click.option("--ssh-public-key", "key", type=click.File(), help="A .pub file: who may sign in to the jump server.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.word for kind in KINDS]),
    help="Only this kind; may be said several times.",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def command(
    directory: Path,
    key: TextIO | None,
    kinds: tuple[str, ...],
    force: bool,  # noqa: FBT001 - an option
    **said: str,
) -> int:
    """Write a commented starter set into a folder: a hub, a spoke, a cluster, each in a file of its own.

    They are valid as they are; look through the comments before you apply them.
    """
    values = said | {"hub": said["hub"] or said["location"]}
    values |= {"ssh_key": key.read().strip() if key else NOBODYS_KEY, "ssh_note": "" if key else NOBODYS_NOTE}
    made = {directory / f"{kind}.yaml": _filled(kind, values) for kind in _wanted(kinds)}
    _refuse_to_overwrite(made, force=force)
    screen = Screen()
    for path, text in made.items():
        _write(path, text)
        screen.line(f"{path} ", Cell("written", GOOD))
    _say_what_next(screen, directory, values)
    return 0


def _wanted(kinds: tuple[str, ...]) -> list[str]:
    """Return the kinds that are wanted, each once, hubs first."""
    return sorted(dict.fromkeys(kinds or [kind.word for kind in KINDS]), key=order_of)


def _filled(kind: str, values: dict[str, str]) -> str:
    """Return a document's text; raise Misused where a value would make it wrong."""
    text = Template((FOLDER / f"{kind}.yaml").read_text(encoding="utf-8")).substitute(values)
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    try:
        faults = [fault for one in read_text(text, kind) for fault in faults_of(one.body)]
    except Misused:
        raise Misused("a value cannot stand in a document", "use names of letters, digits and hyphens") from None
    if faults:
        path, message = faults[0]
        option = OPTIONS.get(path) or ("--hub" if kind == "hub" else "--name")
        raise Misused(f"{option}: {message}", "see `spokewright init --help`")
    return text


def _refuse_to_overwrite(made: dict[Path, str], *, force: bool) -> None:
    there = [str(path) for path in made if path.exists()]
    if there and not force:
        is_ = "is there already" if len(there) == 1 else "are there already"
        raise Misused(f"{', '.join(there)} {is_}", "name another folder, or overwrite with --force")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}", "name a folder that is yours") from None


def _say_what_next(screen: Screen, directory: Path, values: dict[str, str]) -> None:
    if values["subscription"] == NO_SUBSCRIPTION:
        screen.line(Cell("The subscription is the local stack's: for Azure, write your own into the hub.", FAINT))
    screen.line(Cell(f"Next: spokewright validate -f {directory}, then diff -f, then apply -f.", FAINT))
