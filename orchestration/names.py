"""Names of functions and events. They are written into durable histories: a wire format, changed only by adding."""

from __future__ import annotations

RECONCILE = "reconcile"
STEP = "step"
VERIFY = "verify"
PROBE = "probe"

PLAN_DOCUMENT = "plan_document"
BEGIN_STEP = "begin_step"
POLL_STEP = "poll_step"
FINISH_STEP = "finish_step"
BEGIN_VERIFICATION = "begin_verification"
POLL_VERIFICATION = "poll_verification"
RECORD_VERIFICATION = "record_verification"
CONCLUDE = "conclude"

WAKE = "wake"
"""The event that tells a running reconcile to look again."""

VERSION = 2
"""What a reconcile is started with since its history is bounded; one without it goes on as it began."""
