"""From state to state."""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import now_iso

from . import query
from .branches import run_map, run_parallel
from .flow import Flow, StateError, bounded_text
from .plain_states import run_choice, run_fail, run_pass, run_succeed, run_wait
from .retries import Output
from .tasks import run_task

HANDLERS: Mapping[str, Callable[[Flow, Mapping[str, Any], Any], Output]] = {
    "Pass": run_pass,
    "Choice": run_choice,
    "Wait": run_wait,
    "Succeed": run_succeed,
    "Fail": run_fail,
    "Task": run_task,
    "Parallel": lambda flow, state, data: run_parallel(flow, state, data, walk),
    "Map": lambda flow, state, data: run_map(flow, state, data, walk),
}


def walk(flow: Flow, states: Mapping[str, Any], start_at: str, data: Any) -> Any:
    """The output of the last state."""
    name: str | None = start_at
    while name is not None:
        state = states.get(name)
        kind = (state or {}).get("Type")
        handler = HANDLERS.get(kind)
        if state is None or handler is None:
            raise StateError("States.Runtime", f"There is no state '{name}' of a known type.")
        flow.context.pop("Task", None)
        flow.context["State"] = {"Name": name, "EnteredTime": now_iso(), "RetryCount": 0}
        flow.record(f"{kind}StateEntered", "stateEntered", name=name, input=bounded_text(data, name))
        try:
            data, following = handler(flow, state, data)
        except query.EvaluationError as failure:
            failure.record(flow)
            raise
        flow.record(f"{kind}StateExited", "stateExited", name=name, output=bounded_text(data, name))
        name = following
    return data
