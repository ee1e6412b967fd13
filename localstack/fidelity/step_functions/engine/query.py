"""JSONata in states.

AWS (Step Functions Developer Guide, "Transforming data with JSONata"; aws-facts.md 1.5): an expression whose
result is undefined, or of the wrong type for its field, fails the state with States.QueryEvaluationError. All
of a state's Assign sees the values from before it. `$states.result` and `$states.errorOutput` exist only where
there is one. There is no `$eval`.

Stock: takes any value for a Choice's condition; an Assign sees those before it; `$states.result` is null where
there is none; parses each expression anew (0.5 ms), which is most of an execution's work.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jsonata
from ministack.services import stepfunctions as states

from .flow import Flow, StateError

TIME_LIMIT_MS = 1_000
PARSED_KEPT = 1_000

NULL = jsonata.utils.Utils.NULL_VALUE
"""JSONata's null among bindings; there, Python's None is undefined."""


class EvaluationError(StateError):
    def __init__(self, cause: str) -> None:
        super().__init__("States.QueryEvaluationError", cause)
        self.is_recorded = False

    def record(self, flow: Flow) -> None:
        """Once, in the state where it happened; it may pass through Map and Parallel states then."""
        if self.is_recorded:
            return
        self.is_recorded = True
        name = flow.context["State"]["Name"]
        flow.record("EvaluationFailed", "evaluationFailed", error=self.error, cause=self.cause, state=name)


def fill(template: Any, flow: Flow, data: Any, **available: Any) -> Any:
    """The template with its expressions evaluated.

    available: `result` or `errorOutput`, where `$states` has them.
    """
    if isinstance(template, str):
        return evaluate(template[2:-2].strip(), flow, data, available) if is_expression(template) else template
    if isinstance(template, dict):
        return {key: fill(value, flow, data, **available) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, flow, data, **available) for value in template]
    return template


def fill_field(state: Mapping[str, Any], field: str, expected: str, flow: Flow, data: Any) -> Any:
    """A field of the state, held to a JSON type: "number", "string", "boolean" or "array"."""
    value = fill(state[field], flow, data)
    found = states._json_type(value)
    if found != expected:
        raise EvaluationError(
            f"The JSONata expression '{state[field]}' specified for the field '{field}' returned an unexpected "
            f"result type. Expected '{expected}', but was '{found}' for value: {json.dumps(value)}",
        )
    return value


def assign(state: Mapping[str, Any], flow: Flow, data: Any, **available: Any) -> None:
    """Sets the state's variables: all or none, each from the values before."""
    if "Assign" in state:
        flow.variables.update(fill(state["Assign"], flow, data, **available))


def output_of(state: Mapping[str, Any], flow: Flow, data: Any, default: Any, **available: Any) -> Any:
    """The state's output, and its variables set: both from the values before."""
    output = fill(state["Output"], flow, data, **available) if "Output" in state else default
    assign(state, flow, data, **available)
    return output


def is_expression(text: str) -> bool:
    return text.startswith("{%") and text.endswith("%}")


def evaluate(expression: str, flow: Flow, data: Any, available: Mapping[str, Any]) -> Any:
    bindings = {name: bound(value) for name, value in flow.variables.items()}
    bindings["states"] = {
        "input": bound(data),
        "context": flow.context,
        **{name: bound(value) for name, value in available.items()},
    }
    try:
        with parsed(expression) as query:
            value = query.evaluate(None, bindings)
        if value is not None:
            plain = jsonata.utils.Utils.convert_nulls(value)
            json.dumps(plain, allow_nan=False)
            return plain
    except Exception as failure:
        code = getattr(failure, "error", None)
        raise EvaluationError(f"{code}: {failure}" if isinstance(code, str) else str(failure)) from None
    raise EvaluationError(f"The JSONata expression '{expression}' returned nothing (undefined).")


def bound(value: Any) -> Any:
    return NULL if value is None else value


_idle: "OrderedDict[str, list[jsonata.Jsonata]]" = OrderedDict()
_idle_lock = threading.Lock()


@contextmanager
def parsed(expression: str) -> Iterator[jsonata.Jsonata]:
    """The expression parsed, for one user at a time: an evaluation keeps its state in it."""
    with _idle_lock:
        waiting = _idle.get(expression)
        query = waiting.pop() if waiting else None
    if query is None:
        query = jsonata.Jsonata.jsonata(expression)
        states._register_sfn_jsonata_functions(query)
        query.assign("eval", None)
        # Otherwise null and undefined come out alike.
        query.set_output_convert_nulls(False)
    # The library's functions look for the query of their thread here.
    jsonata.Jsonata.CURRENT.jsonata = query
    query.environment.set_runtime_bounds(TIME_LIMIT_MS, None)
    try:
        yield query
    finally:
        with _idle_lock:
            _idle.setdefault(expression, []).append(query)
            _idle.move_to_end(expression)
            while len(_idle) > PARSED_KEPT:
                _idle.popitem(last=False)
