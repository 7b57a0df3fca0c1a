"""What each view answers, by its name in `VIEWS` and its method. A test finds views that are not told here.

401 (nobody knows who asks), 403 (they may not) and 503 (the store is away) are added to all that they can come from,
where the description is built.
"""

from __future__ import annotations

from orchestration.api.operation import Answer, Operation, Parameter
from orchestration.triggers.dns import FORMATS, TEXT
from orchestration.triggers.lists import PAGE
from orchestration.triggers.parameters import MOST
from shared.store.backup import KEPT

IF_MATCH = Parameter("If-Match", "Only if the document is this version; several, or `*` for any.", place="header")
IF_NONE_MATCH = Parameter("If-None-Match", "Only if it is not this version; several, or `*`.", place="header")
PREFER = Parameter("Prefer", "`respond-async` is confirmed; `wait` is not heard.", place="header")
LIMIT = Parameter("limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE})
SEVERAL = {"type": "array", "items": {"type": "string", "pattern": "^[^=]+="}}
BOOLEAN = {"type": "string", "enum": ["true", "false"]}
NAME = {"type": "string"}
SOME = {"type": "string", "minLength": 1}
FORMAT = {"type": "string", "enum": list(FORMATS)}

FILTERS = (
    LIMIT,
    Parameter("after", "Begin behind this name: `after` of the page before.", NAME),
    Parameter("ready", "Ready in the current generation, or not.", BOOLEAN),
    Parameter("label", "`name=value` of `spec.tags`; several may be given.", SEVERAL),
    Parameter("field", "`dotted.path=value`, such as `spec.location=westeurope`; several may be given.", SEVERAL),
)
OF_A_HUB = Parameter("hub", "Of this hub.", NAME)
OF_A_SPOKE = Parameter("spoke", "Of this spoke.", NAME)
ORIGIN = Parameter("origin", "Asked for, or joined by an event.", {"type": "string", "enum": ["request", "event"]})

UNCHANGED = Answer("It is what the caller has.", headers=("ETag",))
WRONG = Answer("What was sent cannot be accepted; `errors` names each fault.", "Problem")
FORBIDDEN = Answer("Whoever asks may not do that; `code` and `detail` say why, and who may.", "Problem")
MISSING = Answer("It is not there.", "Problem")
CONFLICT = Answer("It conflicts with something else; `code` says why.", "Problem", headers=("Retry-After",))
CHANGED = Answer("It was changed meanwhile: read it again.", "Problem")
AZURE = Answer("Azure denied it to Spokewright, or failed it.", "Problem")
BUSY = Answer("Azure or the store is busy: try again later.", "Problem", headers=("Retry-After",))
UNKNOWN = Answer(
    "No key, or a wrong one: the platform's answer, without a body. Or, where people sign in, nobody did: a problem.",
    headers=("WWW-Authenticate",),
)
ACCEPTED = Answer(
    "It is stored what is wanted; the work goes on.",
    "{Kind}",
    headers=("ETag", "Location", "Preference-Applied"),
)
DECIDED = Answer("The document with the decision.", "{Kind}", headers=("Location", "Preference-Applied"))
READ = Answer("The document with its status.", "{Kind}", headers=("ETag",))


def _list(kind: str, *more: Parameter) -> Operation:
    page = Answer("A page; `after` is there where more follow.", f"{kind}List", headers=("ETag",))
    about = f"{kind}s by name, filtered, a page at a time."
    parameters = (*FILTERS, *more, IF_NONE_MATCH)
    return Operation(f"list{kind}s", f"{kind}s", about, {200: page, 304: UNCHANGED, 400: WRONG}, parameters)


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("get_document", "GET"): Operation(
        "get{Kind}",
        "{Kind}s",
        "One document with its status.",
        {200: READ, 304: UNCHANGED, 400: WRONG, 404: MISSING},
        (IF_NONE_MATCH,),
    ),
    ("put_document", "PUT"): Operation(
        "put{Kind}",
        "{Kind}s",
        "Apply a document; its kind and name have to be the path's.",
        {202: ACCEPTED, 400: WRONG, 404: MISSING, 409: CONFLICT, 412: CHANGED},
        (IF_MATCH, PREFER),
        "{Kind}Request",
    ),
    ("delete_document", "DELETE"): Operation(
        "delete{Kind}",
        "{Kind}s",
        "Ask for a document's deletion; refused while something is attached to it.",
        {202: ACCEPTED, 400: WRONG, 404: MISSING, 409: CONFLICT, 412: CHANGED},
        (IF_MATCH, PREFER),
    ),
    ("plan", "GET"): Operation(
        "plan{Kind}",
        "{Kind}s",
        "What a reconcile, or a deletion, would do now; nothing is written to Azure.",
        {200: Answer("The plan.", "Plan"), 400: WRONG, 404: MISSING, 409: CONFLICT, 502: AZURE},
        (Parameter("for", "Instead of what is wanted now.", {"type": "string", "enum": ["deletion"]}),),
    ),
    ("preview", "POST"): Operation(
        "preview{Kind}",
        "{Kind}s",
        "What applying the document in the body would do; nothing is stored.",
        {200: Answer("The plan.", "Plan"), 400: WRONG, 404: MISSING, 409: CONFLICT, 502: AZURE},
        body="{Kind}Request",
    ),
    ("history", "GET"): Operation(
        "get{Kind}History",
        "{Kind}s",
        "A document's steps, newest first.",
        {200: Answer("The steps.", "History", headers=("ETag",)), 304: UNCHANGED, 400: WRONG, 404: MISSING},
        (LIMIT, IF_NONE_MATCH),
    ),
    ("approve", "POST"): Operation(
        "decideAbout{Kind}",
        "{Kind}s",
        "Approve or reject the plan with the hash in the body.",
        {202: DECIDED, 400: WRONG, 404: MISSING, 409: CONFLICT, 502: AZURE},
        (PREFER,),
        "Decision",
    ),
    ("audit", "GET"): Operation(
        "get{Kind}Audit",
        "{Kind}s",
        "Who changed, decided or was refused what about a document, newest first, also when it is gone.",
        {200: Answer("The entries.", "Audit", headers=("ETag",)), 304: UNCHANGED, 400: WRONG, 404: MISSING},
        (LIMIT, IF_NONE_MATCH),
    ),
    ("retry", "POST"): Operation(
        "retry{Kind}",
        "{Kind}s",
        "Look at a document now, whatever it waits for; a network that was turned away asks anew.",
        {
            202: Answer("It is looked at.", "Woken", headers=("Location", "Preference-Applied")),
            400: WRONG,
            404: MISSING,
            409: CONFLICT,
            412: CHANGED,
        },
        (PREFER,),
    ),
    ("dns", "GET"): Operation(
        "get{Kind}Dns",
        "{Kind}s",
        "A hub's DNS: its servers, whose network has which, and what servers on-premises are told.",
        {
            200: Answer("All of it; with `format` a text.", "HubDns", headers=("ETag",), further={TEXT: "Text"}),
            304: UNCHANGED,
            400: WRONG,
            404: MISSING,
        },
        (Parameter("format", "Only the configuration for this kind of server, as text.", FORMAT), IF_NONE_MATCH),
    ),
    ("list_hubs", "GET"): _list("Hub"),
    ("list_spokes", "GET"): _list("Spoke", OF_A_HUB, ORIGIN),
    ("list_clusters", "GET"): _list("Cluster", OF_A_HUB, OF_A_SPOKE, ORIGIN),
    ("overview", "GET"): Operation(
        "getOverview",
        "Views",
        "Everything at a glance.",
        {200: Answer("All of it.", "Overview", headers=("ETag",)), 304: UNCHANGED},
        (IF_NONE_MATCH,),
    ),
    ("topology", "GET"): Operation(
        "getTopology",
        "Views",
        "Hubs with their spokes with their clusters, each with its condition Ready.",
        {200: Answer("The topology.", "Topology", headers=("ETag",)), 304: UNCHANGED},
        (IF_NONE_MATCH,),
    ),
    ("resolution", "GET"): Operation(
        "getResolution",
        "Views",
        "Whether each cluster's name resolves and answers, seen from where and when, with a row for each consumer.",
        {200: Answer("An item per cluster.", "Resolution", headers=("ETag",)), 304: UNCHANGED, 400: WRONG},
        (
            Parameter("cluster", "Only this cluster.", NAME),
            Parameter("consumer", "Only its row, of clusters that have one: such as `hub` or `spoke/payments`.", NAME),
            IF_NONE_MATCH,
        ),
    ),
    ("sweep_now", "POST"): Operation(
        "sweep",
        "Events",
        "Compare everything with Azure now.",
        {200: Answer("What that found.", "Swept"), 409: CONFLICT, 502: AZURE},
    ),
    ("service_audit", "GET"): Operation(
        "getAudit",
        "Views",
        "Who did, or was refused, what is about no document, such as a sweep; newest first.",
        {200: Answer("The entries.", "Audit", headers=("ETag",)), 304: UNCHANGED, 400: WRONG},
        (LIMIT, IF_NONE_MATCH),
    ),
    ("list_events", "GET"): Operation(
        "listEvents",
        "Events",
        "What came in malformed, by day, and the lifecycle events that went out last.",
        {200: Answer("Both.", "Events"), 400: WRONG},
        (LIMIT,),
    ),
    ("post_events", "POST"): Operation(
        "postEvents",
        "Events",
        "Take Azure's events, one or a list, in either schema; or answer the handshake of their subscription.",
        {
            200: Answer("The handshake.", "Handshake"),
            202: Answer("They were looked at.", "Taken"),
            400: WRONG,
            409: CONFLICT,
            502: AZURE,
        },
        body="AzureEvents",
        bodies=("application/json", "application/cloudevents+json", "application/cloudevents-batch+json"),
    ),
    ("consent_to_events", "OPTIONS"): Operation(
        "consentToEvents",
        "Events",
        "The handshake of CloudEvents: yes to whoever may deliver.",
        {
            200: Answer("Consent.", headers=("WebHook-Allowed-Origin", "WebHook-Allowed-Rate")),
            400: WRONG,
        },
        (
            Parameter("WebHook-Request-Origin", "Who asks.", SOME, place="header", required=True),
            Parameter("WebHook-Request-Rate", "How often they want to deliver.", place="header"),
        ),
    ),
    ("backup", "GET"): Operation(
        "getBackup",
        "Backups",
        "What a backup begins with, or with `table` a page of that table's rows.",
        {200: Answer("Either.", "Backup"), 400: WRONG},
        (
            Parameter("table", "The table whose rows are wanted.", {"type": "string", "enum": list(KEPT)}),
            Parameter("after", "`after` of the page before.", NAME),
        ),
    ),
    ("restore", "POST"): Operation(
        "restore",
        "Backups",
        "One part of a restore; nothing is overwritten, and no restored document writes to Azure by itself.",
        {200: Answer("What became of the part.", "Restored"), 400: WRONG, 409: CONFLICT},
        body="RestorePart",
    ),
    ("health", "GET"): Operation(
        "getHealth", "Service", "Whether the store can be read.", {200: Answer("It can.", "Health")}
    ),
    ("openapi", "GET"): Operation(
        "getOpenApi",
        "Service",
        "This description.",
        {200: Answer("OpenAPI 3.1.", "OpenApi", headers=("ETag",)), 304: UNCHANGED},
        (IF_NONE_MATCH,),
    ),
    ("page", "GET"): Operation(
        "getPage",
        "Service",
        "The page in the browser.",
        {
            200: Answer("The page.", "Text", "text/html; charset=utf-8", ("ETag",)),
            304: UNCHANGED,
            308: Answer("It is at the same address with a slash behind it.", headers=("Location",)),
        },
        (IF_NONE_MATCH,),
    ),
    ("page_file", "GET"): Operation(
        "getPageFile",
        "Service",
        "A file of the page.",
        {
            200: Answer("The file.", "Text", "*/*", ("ETag",)),
            304: UNCHANGED,
            404: Answer("There is no such file."),
        },
        (IF_NONE_MATCH,),
    ),
}
