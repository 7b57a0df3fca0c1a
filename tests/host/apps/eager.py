# ruff: noqa: D103 - the names of the functions say what they do
"""A timer that fires at the start, and fails."""

from __future__ import annotations

import azure.functions as func

app = func.FunctionApp()
seen: list[bool] = []


@app.timer_trigger(arg_name="timer", schedule="0 0 1 1 *", run_on_startup=True)
def eager(timer: func.TimerRequest) -> None:
    seen.append(timer.past_due)
    raise RuntimeError("a failing timer does not end its schedule")
