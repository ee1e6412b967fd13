"""Whether and when a failed attempt is repeated, and who catches what isn't.

AWS (Developer Guide, "Handling errors in Step Functions workflows"): the first retrier that matches decides;
its delay is IntervalSeconds * BackoffRate^n, at most MaxDelaySeconds, and with JitterStrategy FULL any time up
to that. States.ALL and States.TaskFailed are wildcards, but not for States.Runtime and
States.DataLimitExceeded (aws-facts.md 1.2), the second not for States.Timeout either.

Stock: no MaxDelaySeconds (but never above 60 s), no jitter, wildcards that match everything.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ministack.services import stepfunctions as states

from . import query
from .flow import Flow, StateError

TERMINAL = ("States.Runtime", "States.DataLimitExceeded")
Output = tuple[Any, str | None]
"""A state's output and the name of the next state; None ends the line."""


def matches(names: Sequence[str], error: str) -> bool:
    if error in names:
        return True
    if error == "States.HeartbeatTimeout" and "States.Timeout" in names:
        return True
    if error in TERMINAL:
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")


class Retries:
    """The attempts of one visit of a state. `count` of them were repetitions."""

    def __init__(
        self, retriers: Sequence[Mapping[str, Any]], uniform: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._retriers = retriers
        self._used = [0] * len(retriers)
        self._uniform = uniform

    @property
    def count(self) -> int:
        return sum(self._used)

    def delay_after(self, error: str) -> float | None:
        """Seconds until the next attempt; None: there is none."""
        for index, retrier in enumerate(self._retriers):
            if matches(retrier.get("ErrorEquals", ()), error):
                break
        else:
            return None
        used = self._used[index]
        if used >= retrier.get("MaxAttempts", 3):
            return None
        self._used[index] += 1
        # More doublings than any execution has time for.
        delay = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** min(used, 64)
        delay = min(delay, retrier.get("MaxDelaySeconds", delay))
        return self._uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay


def with_retry_and_catch(flow: Flow, state: Mapping[str, Any], data: Any, attempt: Callable[[], Output]) -> Output:
    """Runs attempts of a Task, Parallel or Map state until one succeeds or its error is nobody's."""
    retries = Retries(state.get("Retry", ()))
    while True:
        flow.context["State"]["RetryCount"] = retries.count
        try:
            return attempt()
        except StateError as failure:
            if isinstance(failure, query.EvaluationError):
                failure.record(flow)
            delay = retries.delay_after(failure.error)
            if delay is None:
                return catch(flow, state, data, failure)
        flow.scope.sleep(delay)


def catch(flow: Flow, state: Mapping[str, Any], data: Any, failure: StateError) -> Output:
    """Raises the failure again when no catcher matches it."""
    for catcher in state.get("Catch", ()):
        if matches(catcher.get("ErrorEquals", ()), failure.error):
            break
    else:
        raise failure
    error = {"Error": failure.error, "Cause": failure.cause}
    if flow.is_jsonata(state):
        return query.output_of(catcher, flow, data, error, errorOutput=error), catcher["Next"]
    return states._apply_result_path_raw(catcher.get("ResultPath", "$"), data, error), catcher["Next"]
