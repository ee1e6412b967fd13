"""One line of control through a state machine: an execution's own, or that of a branch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.services import stepfunctions as states

from .runs import Run
from .scope import Ended, Scope

StateError = states._ExecutionError
"""A state's failure: `.error` is the name that Retry and Catch match, `.cause` its explanation."""

DATA_LIMIT = 256 * 1024
"""Bytes of JSON that may go into or come out of a state, a task or an execution."""


@dataclass
class Flow:
    run: Run
    scope: Scope
    query_language: str
    context: dict[str, Any]
    """What the language calls the context object: `$states.context`, `$$`."""
    variables: dict[str, Any] = field(default_factory=dict)
    event: int = 1
    """The id of the newest event of this line; an execution's first is ExecutionStarted."""

    def branch(self, scope: Scope, context: Mapping[str, Any] | None = None) -> "Flow":
        return Flow(
            self.run, scope, self.query_language, {**self.context, **(context or {})}, dict(self.variables), self.event
        )

    def record(self, event_type: str, prefix: str | None = None, /, **details: Any) -> None:
        """Adds an event, its details as `<prefix>EventDetails`. Raises Ended when nothing may happen any more."""
        self.scope.check()
        given = {key: value for key, value in details.items() if value is not None}
        try:
            number = self.run.record(event_type, {f"{prefix}EventDetails": given} if prefix else {}, self.event)
        except OverflowError as problem:
            raise StateError("States.Runtime", str(problem)) from None
        if number is None:
            raise Ended
        self.event = number

    def is_jsonata(self, state: Mapping[str, Any]) -> bool:
        return state.get("QueryLanguage", self.query_language) == "JSONata"

    def ministack_context(self) -> dict[str, Any]:
        """The context as MiniStack's functions expect it."""
        return {**self.context, "QueryLanguage": self.query_language, "variables": self.variables}


def json_text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair can be sent only as an escape.
        return json.dumps(value, separators=(",", ":"))
    return text


def json_value(text: str) -> Any:
    """Raises ValueError for what isn't JSON, NaN and Infinity too."""
    return json.loads(text, parse_constant=refuse_constant)


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def is_too_long(text: str) -> bool:
    return len(text) > DATA_LIMIT or len(text.encode(errors="surrogatepass")) > DATA_LIMIT


def bounded_text(value: Any, what: str) -> str:
    """The value's JSON. Raises States.DataLimitExceeded, which no wildcard catches, above the limit."""
    text = json_text(value)
    if is_too_long(text):
        raise StateError(
            "States.DataLimitExceeded",
            f"The state/task '{what}' returned a result with a size exceeding the maximum number of bytes service "
            "limit.",
        )
    return text
