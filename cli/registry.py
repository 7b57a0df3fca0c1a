"""Which commands there are, in the order in which help shows them: names and one line each, so that none is loaded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: its name, the module that holds it, one line of help, and the group of help that it stands in."""

    name: str
    line: str
    group: str
    module: str = ""

    @property
    def path(self) -> str:
        """The module with the command; `cli.commands.` and the name where nothing else is said."""
        return f"cli.commands.{self.module or self.name.replace('-', '_')}"


DOCUMENTS = "Documents"
LOOKING = "Looking"
DECIDING = "Deciding"
MESSAGES = "Messages"
KEEPING = "Keeping"
OFFLINE = "Writing documents"
AROUND = "Around it"

COMMANDS: tuple[Entry, ...] = (
    Entry("apply", "Create or change documents", DOCUMENTS),
    Entry("diff", "Show what applying documents would do in Azure", DOCUMENTS),
    Entry("delete", "Delete documents and what they made", DOCUMENTS),
    Entry("wait", "Wait until documents are ready, or gone", DOCUMENTS),
    Entry("get", "List documents", LOOKING),
    Entry("describe", "Say all about one document, and what to do next", LOOKING),
    Entry("history", "List the steps that were taken for a document", LOOKING),
    Entry("topology", "Draw hubs, spokes and clusters", LOOKING),
    Entry("resolution", "Show who resolves each cluster and reaches it", LOOKING),
    Entry("dns", "Show a hub's DNS servers, and what servers on-premises have to forward", LOOKING),
    Entry("events", "List the lifecycle events that went out last", LOOKING),
    Entry("audit", "List who decided what about a document", LOOKING),
    Entry("approve", "Approve the plan of a network that asks to join", DECIDING),
    Entry("reject", "Reject the plan of a network that asks to join", DECIDING),
    Entry("retry", "Try a document again now", DECIDING),
    Entry("sweep", "Compare everything with Azure now", DECIDING),
    Entry("send", "Send documents by Service Bus instead of HTTP", MESSAGES),
    Entry("dead-letters", "Look at rejected requests and dead letters, send them once more", MESSAGES),
    Entry("backup", "Write what the app remembers into a file", KEEPING),
    Entry("restore", "Give an app back what a backup holds", KEEPING),
    Entry("init", "Write a commented starter set of documents", OFFLINE),
    Entry("validate", "Check documents by their schemas", OFFLINE),
    Entry("explain", "Explain documents and their fields", OFFLINE),
    Entry("context", "Choose which deployment is talked to", AROUND),
    Entry("local", "Run the local stack in the background", AROUND),
    Entry("completion", "Print what completes commands in a shell", AROUND),
    Entry("version", "Say which version this is", AROUND),
)

NAMES = {entry.name: entry for entry in COMMANDS}
