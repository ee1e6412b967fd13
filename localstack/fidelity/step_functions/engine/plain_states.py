"""Pass, Choice, Wait, Succeed and Fail states.

AWS (Developer Guide, pages of these states): a JSONata Choice's condition must be a boolean; Output and Assign
work in each of them, in a Choice per rule and for its Default; a Wait ends when its execution does.

Stock: any condition, no Output of Succeed and of a Default, a Wait that nothing ends.
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ministack.services import stepfunctions as states

from . import query
from .flow import Flow, StateError
from .retries import Output

State = Mapping[str, Any]


def run_pass(flow: Flow, state: State, data: Any) -> Output:
    if not flow.is_jsonata(state):
        return states._execute_pass(state, data, flow.ministack_context())
    return query.output_of(state, flow, data, data), states._next_or_end(state)


def run_choice(flow: Flow, state: State, data: Any) -> Output:
    if not flow.is_jsonata(state):
        return states._execute_choice(state, data, flow.ministack_context())
    for rule in state.get("Choices", ()):
        if query.fill_field(rule, "Condition", "boolean", flow, data):
            return query.output_of(rule, flow, data, data), rule["Next"]
    if "Default" in state:
        return query.output_of(state, flow, data, data), state["Default"]
    raise StateError("States.NoChoiceMatched", "No choice rule matched, and there is no Default.")


def run_wait(flow: Flow, state: State, data: Any) -> Output:
    is_jsonata = flow.is_jsonata(state)
    effective = data if is_jsonata else states._apply_input_path(state, data, flow.ministack_context())
    flow.scope.sleep(wait_seconds(flow, state, effective))
    following = states._next_or_end(state)
    if is_jsonata:
        return query.output_of(state, flow, data, data), following
    return states._apply_output_path(state, effective, flow.ministack_context()), following


def wait_seconds(flow: Flow, state: State, data: Any) -> float:
    for field, kind in (("Seconds", "number"), ("Timestamp", "string")):
        if f"{field}Path" in state:
            value = states._resolve_path_or_ctx(state[f"{field}Path"], data, flow.ministack_context())
        elif field in state:
            value = query.fill_field(state, field, kind, flow, data) if flow.is_jsonata(state) else state[field]
        else:
            continue
        return seconds_until(value) if field == "Timestamp" else checked_seconds(flow, state, value)
    return 0


def checked_seconds(flow: Flow, state: State, value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0 and value == int(value):
        return value
    problem = f"The Seconds of a Wait state must be a whole number of at least 0, but were: {value!r}"
    raise query.EvaluationError(problem) if flow.is_jsonata(state) else StateError("States.Runtime", problem)


def seconds_until(timestamp: Any) -> float:
    try:
        at = datetime.fromisoformat(str(timestamp).replace("Z", "+00:00"))
    except ValueError:
        raise StateError("States.Runtime", f"A Wait state's Timestamp is no ISO-8601 time: {timestamp!r}") from None
    return (at - datetime.now(timezone.utc)).total_seconds() if at.tzinfo else 0


def run_succeed(flow: Flow, state: State, data: Any) -> Output:
    if flow.is_jsonata(state):
        return query.output_of(state, flow, data, data), None
    context = flow.ministack_context()
    return states._apply_output_path(state, states._apply_input_path(state, data, context), context), None


def run_fail(flow: Flow, state: State, data: Any) -> Output:
    if not flow.is_jsonata(state):
        raise StateError(*states._fail_state_error(state, data, flow.ministack_context()))
    error, cause = (
        query.fill_field(state, field, "string", flow, data) if field in state else default
        for field, default in (("Error", "States.Fail"), ("Cause", ""))
    )
    raise StateError(error, cause)
