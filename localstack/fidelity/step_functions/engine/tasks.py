"""Task states.

AWS (Developer Guide, "Discover service integration patterns", "Task workflow state"; aws-facts.md 1.3): each
attempt has a token of its own, which is dead once the attempt has ended; TimeoutSeconds and HeartbeatSeconds
may be expressions or paths; the history shows a task from the moment when it is scheduled, with its parameters.

Stock: one token for all attempts; literal TimeoutSeconds only, no heartbeats; parameters, TaskStarted,
TaskSubmitted and TaskTimedOut are missing from the history; a Lambda error is lost to a task that waits.
"""

import contextvars
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import stepfunctions as states

from . import query, tokens
from .flow import Flow, StateError, bounded_text, json_text, json_value
from .retries import Output, with_retry_and_catch

CALLBACK = ".waitForTaskToken"


@dataclass(frozen=True)
class Task:
    """One attempt."""

    flow: Flow
    resource: str
    arguments: Any
    timeout: float | None
    heartbeat: float | None

    def record(self, event_type: str, prefix: str, /, **details: Any) -> None:
        service, action = name_of(self.resource)
        self.flow.record(event_type, prefix, resourceType=service, resource=action, **details)


def run_task(flow: Flow, state: Mapping[str, Any], data: Any) -> Output:
    return with_retry_and_catch(flow, state, data, lambda: attempt(flow, state, data))


def attempt(flow: Flow, state: Mapping[str, Any], data: Any) -> Output:
    resource = state["Resource"]
    waiting = tokens.issue(flow.scope) if CALLBACK in resource else None
    if waiting is not None:
        flow.context["Task"] = {"Token": waiting.token}
    try:
        task = Task(
            flow,
            resource,
            arguments_of(flow, state, data),
            seconds_of(flow, state, data, "TimeoutSeconds"),
            seconds_of(flow, state, data, "HeartbeatSeconds"),
        )
        schedule(task)
        result = call(task) if waiting is None else call_and_wait(task, waiting)
    finally:
        if waiting is not None:
            tokens.close(waiting)
    task.record("TaskSucceeded", "taskSucceeded", output=bounded_text(result, resource))
    return output_of(flow, state, data, result)


def arguments_of(flow: Flow, state: Mapping[str, Any], data: Any) -> Any:
    if flow.is_jsonata(state):
        return query.fill(state["Arguments"], flow, data) if "Arguments" in state else data
    context = flow.ministack_context()
    return states._apply_parameters(state, states._apply_input_path(state, data, context), context)


def output_of(flow: Flow, state: Mapping[str, Any], data: Any, result: Any) -> Output:
    """The output of a Task, Parallel or Map state."""
    following = states._next_or_end(state)
    if flow.is_jsonata(state):
        return query.output_of(state, flow, data, result, result=result), following
    output = states._apply_result_path(state, data, states._apply_result_selector(state, result))
    return states._apply_output_path(state, output, flow.ministack_context()), following


def seconds_of(flow: Flow, state: Mapping[str, Any], data: Any, field: str) -> float | None:
    if f"{field}Path" in state:
        return states._resolve_path_or_ctx(state[f"{field}Path"], data, flow.ministack_context())
    return query.fill_field(state, field, "number", flow, data) if field in state else None


def schedule(task: Task) -> None:
    task.record(
        "TaskScheduled",
        "taskScheduled",
        region=task.flow.run.region,
        parameters=bounded_text(task.arguments, task.resource),
        timeoutInSeconds=task.timeout,
        heartbeatInSeconds=task.heartbeat,
    )
    task.record("TaskStarted", "taskStarted")


def call(task: Task) -> Any:
    """Request and response, or whatever else MiniStack waits for itself."""
    try:
        if task.timeout is None and not may_block(task.resource):
            result = states._invoke_resource(task.resource, task.arguments)
        else:
            result = call_aside(task)
    except StateError as failure:
        task.flow.scope.check()
        task.record("TaskFailed", "taskFailed", error=failure.error, cause=failure.cause)
        raise
    task.flow.scope.check()
    return result


def may_block(resource: str) -> bool:
    return ":activity:" in resource or ".sync" in resource


def call_aside(task: Task) -> Any:
    """Calls on a thread of its own, which is left behind when the time is over or the execution ends."""
    done = threading.Event()
    outcome: list[Callable[[], Any]] = []

    def work() -> None:
        try:
            result = states._invoke_resource(task.resource, task.arguments)
            outcome.append(lambda: result)
        except Exception as failure:
            caught = failure
            outcome.append(lambda: raise_again(caught))
        done.set()

    threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True).start()
    if not task.flow.scope.wait(done, task.timeout):
        raise timed_out(task, "States.Timeout")
    return outcome[0]()


def raise_again(failure: Exception) -> Any:
    raise failure


def call_and_wait(task: Task, waiting: tokens.Waiting) -> Any:
    """Hands the token out and waits until it is answered."""
    try:
        sent = states._invoke_resource(task.resource.replace(CALLBACK, ""), task.arguments)
    except StateError as failure:
        task.record("TaskSubmitFailed", "taskSubmitFailed", error=failure.error, cause=failure.cause)
        raise
    task.record("TaskSubmitted", "taskSubmitted", output=json_text(sent))
    answer = await_answer(task, waiting)
    if isinstance(answer, tokens.Failure):
        task.record("TaskFailed", "taskFailed", error=answer.error, cause=answer.cause)
        raise StateError(answer.error, answer.cause)
    return json_value(answer.output)


def await_answer(task: Task, waiting: tokens.Waiting) -> tokens.Success | tokens.Failure:
    began = waiting.last_sign
    while True:
        error, limit = next_limit(task, began, waiting.last_sign)
        answered = task.flow.scope.wait(waiting.answered, None if limit is None else limit - time.monotonic())
        if answered and waiting.answer is not None:
            return waiting.answer
        # A heartbeat may have come meanwhile; an answer that was accepted in this moment counts.
        if next_limit(task, began, waiting.last_sign) == (error, limit) and tokens.close(waiting):
            raise timed_out(task, error)


def next_limit(task: Task, began: float, last_sign: float) -> tuple[str, float | None]:
    """What the task fails with if nothing comes, and when."""
    timeout = None if task.timeout is None else began + task.timeout
    if task.heartbeat is None or (timeout is not None and timeout <= last_sign + task.heartbeat):
        return "States.Timeout", timeout
    return "States.HeartbeatTimeout", last_sign + task.heartbeat


def timed_out(task: Task, error: str) -> StateError:
    task.record("TaskTimedOut", "taskTimedOut", error=error)
    return StateError(error, "")


def name_of(resource: str) -> tuple[str, str]:
    """("sqs", "sendMessage.waitForTaskToken") for arn:aws:states:::sqs:sendMessage.waitForTaskToken."""
    marker = ":states:::"
    if marker not in resource:
        return ("activity" if ":activity:" in resource else "lambda"), resource
    service, _, action = resource.split(marker, 1)[1].rpartition(":")
    return service, action
