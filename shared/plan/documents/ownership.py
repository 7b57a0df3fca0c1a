"""How our resources are marked: tags that say who keeps them, beside the document's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.model.document import Document

MANAGED_BY = "managed-by"
OURS = "spokewright"


def tags(document: Document) -> dict[str, str]:
    """Return the tags of a document's resources; ours win over the document's."""
    return {**document.spec.tags, MANAGED_BY: OURS}
