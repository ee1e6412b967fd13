"""A task is answered once, by the token of its running attempt.

AWS (API reference SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat; aws-facts.md 1.3): a token whose attempt has
ended, by an answer, its timeout or its execution's end: TaskTimedOut; what never was a token: InvalidToken. An output
that isn't JSON: InvalidOutput; longer than 256 KiB: ValidationException, or InvalidOutput where only its bytes are.

Stock: TaskDoesNotExist for all of it; takes two answers at the same time, and any output.
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions as states

from fidelity.frame.behaviour import Need

from .engine import tokens
from .engine.flow import DATA_LIMIT, is_too_long, json_value
from .run_execution import MODULE

NEEDS = (
    Need(MODULE, "_send_task_success", "data"),
    Need(MODULE, "_send_task_failure", "data"),
    Need(MODULE, "_send_task_heartbeat", "data"),
    Need(MODULE, "_task_tokens"),
)

Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[dict[str, Any]], Response]
ERROR_LIMIT = 256
CAUSE_LIMIT = 32_768


def install() -> None:
    states._send_task_success = for_tasks(send_success, states._send_task_success)
    states._send_task_failure = for_tasks(send_failure, states._send_task_failure)
    states._send_task_heartbeat = for_tasks(send_heartbeat, states._send_task_heartbeat)


def for_tasks(ours: Handler, ministacks: Handler) -> Handler:
    """Tokens of activities are MiniStack's own."""

    def handle(data: dict[str, Any]) -> Response:
        return ministacks(data) if data.get("taskToken") in states._task_tokens else ours(data)

    return handle


def send_success(data: dict[str, Any]) -> Response:
    output = data.get("output")
    refusal = refuse_length("output", output, DATA_LIMIT) or refuse_output(output)
    return refusal or respond(tokens.answer(data.get("taskToken", ""), tokens.Success(output)))


def send_failure(data: dict[str, Any]) -> Response:
    error, cause = data.get("error", ""), data.get("cause", "")
    refusal = refuse_length("error", error, ERROR_LIMIT) or refuse_length("cause", cause, CAUSE_LIMIT)
    return refusal or respond(tokens.answer(data.get("taskToken", ""), tokens.Failure(error, cause)))


def send_heartbeat(data: dict[str, Any]) -> Response:
    return respond(tokens.heartbeat(data.get("taskToken", "")))


def respond(verdict: tokens.Verdict) -> Response:
    if verdict == "accepted":
        return json_response({})
    if verdict == "closed":
        return error_response_json("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    return error_response_json("InvalidToken", "Invalid Token: 'Invalid token'")


def refuse_length(member: str, value: str | None, limit: int) -> Response | None:
    if value is None:
        wanted = "not be null"
    elif len(value) > limit:
        wanted = f"have length less than or equal to {limit}"
    else:
        return None
    return error_response_json(
        "ValidationException",
        f"1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must {wanted}",
    )


def refuse_output(output: str) -> Response | None:
    if is_too_long(output):
        return error_response_json("InvalidOutput", "Invalid Output: 'the output is longer than 256 KiB'")
    try:
        json_value(output)
    except ValueError as problem:
        return error_response_json("InvalidOutput", f"Invalid Output: '{problem}'")
    return None
