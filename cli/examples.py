"""Examples of each command, for its help and for the reference. A test parses every one of them."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "apply": (
        "spokewright apply -f documents/ --wait",
        "cat hub.yaml spoke.yaml | spokewright apply -f -",
    ),
    "diff": ("spokewright diff -f documents/", "spokewright diff -f spoke.yaml --full"),
    "delete": ("spokewright delete cluster/payments-prod", "spokewright delete -f documents/ --yes --wait"),
    "wait": (
        "spokewright wait cluster/payments-prod --for=condition=Ready --timeout 45m",
        "spokewright wait spoke/payments --for=delete",
    ),
    "get": (
        "spokewright get all",
        "spokewright get clusters -o wide --watch",
        "spokewright get spokes -l owner=payments -o name",
    ),
    "describe": ("spokewright describe cluster/payments-prod",),
    "history": ("spokewright history spoke/payments",),
    "topology": ("spokewright topology", "spokewright topology -o mermaid"),
    "resolution": ("spokewright resolution", "spokewright resolution payments-prod --evidence"),
    "dns": ("spokewright dns weu", "spokewright dns weu --format bind > named.conf.azure"),
    "events": ("spokewright events --watch",),
    "audit": ("spokewright audit spoke/payments",),
    "approve": ('spokewright approve spoke/shop --reason "known to us"',),
    "reject": ('spokewright reject spoke/shop --reason "wrong hub"',),
    "retry": ("spokewright retry cluster/payments-prod",),
    "sweep": ("spokewright sweep",),
    "send": (
        "spokewright send -f documents/ --wait",
        "spokewright send -f cluster.yaml --operation delete --reply-to reply-mine --wait",
    ),
    "dead-letters": (
        "spokewright dead-letters list",
        "spokewright dead-letters show provisioning-rejected/3",
        "spokewright dead-letters replay --all --queue resource-events",
        "spokewright dead-letters events undelivered/",
    ),
    "backup": ("spokewright backup spokewright-2026-11-27.jsonl",),
    "restore": ("spokewright restore spokewright-2026-11-27.jsonl",),
    "init": (
        "spokewright init documents --name payments --location westeurope",
        "spokewright init --kind spoke --hub weu --name shop",
    ),
    "validate": ("spokewright validate -f documents/",),
    "explain": ("spokewright explain cluster.spec.nodePools", "spokewright explain hub --recursive"),
    "context": (
        "spokewright context add prod --url https://NAME.azurewebsites.net --key-file - --use",
        "spokewright context list",
        "spokewright context use local",
        "spokewright context check prod",
    ),
    "local": ("spokewright local up --speed 20", "spokewright local logs --of host --follow", "spokewright local down"),
    "completion": ("spokewright completion bash",),
    "version": ("spokewright version -o json",),
}


def epilog(name: str) -> str:
    """Return the examples of a command as help shows them, below everything else and as they are."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in EXAMPLES.get(name, ()))])
