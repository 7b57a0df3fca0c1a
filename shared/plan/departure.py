"""Why what was onboarded has to leave: its network, its cluster or its tag is gone, or the tag names another hub. Pure.

Only of documents that nobody requested: what a person asked for, a person takes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.model import naming
from shared.plan import onboarding

if TYPE_CHECKING:
    from shared.model.cluster import Cluster
    from shared.model.document import Document
    from shared.model.related import Related
    from shared.model.spoke import Spoke
    from shared.plan.observed import Observed


def reason(document: Document, related: Related, observed: Observed) -> str:
    """Return why the document has to go; empty where it stays."""
    if document.metadata.origin != "event" or document.deleting:
        return ""
    match document.kind:
        case "Spoke":
            return _of_spoke(document, related, observed)
        case "Cluster":
            return _of_cluster(document, related, observed)
        case _:
            return ""


def _of_spoke(spoke: Spoke, related: Related, observed: Observed) -> str:
    hub = related.hub
    if hub is None or not spoke.spec.adopted:
        return ""
    if hub.deleting:
        return f"hub {hub.name} is being deleted"
    network = naming.spoke_network(spoke, hub)
    if observed.gone(network):
        return f"virtual network {network.name} was deleted"
    body, tag = observed.get(network), hub.spec.onboarding.tag
    asked = onboarding.requested_hub(body, tag) if body is not None else hub.name
    if asked is None:
        return f"virtual network {network.name} has no tag {tag} any more"
    return "" if asked == hub.name else f"the tag {tag} of virtual network {network.name} names {asked} now"


def _of_cluster(cluster: Cluster, related: Related, observed: Observed) -> str:
    spoke, hub = related.spoke, related.hub
    if spoke is None:
        return f"spoke {cluster.spec.spoke} is gone"
    if hub is None:
        return f"hub {spoke.spec.hub} is gone"
    if spoke.deleting:
        return f"spoke {spoke.name} is leaving its hub"
    target = naming.managed_cluster(cluster, spoke, hub)
    return f"managed cluster {target.name} was deleted" if observed.gone(target) else ""
