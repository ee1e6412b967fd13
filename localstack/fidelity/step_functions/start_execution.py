"""StartExecution takes a repeated request for the first one.

AWS, for Standard workflows (API reference StartExecution; aws-facts.md 1.3): same name and input as a running
execution: the same answer; other input or a closed execution: ExecutionAlreadyExists. A name has 1 to 80 characters, none of them white space,
control or one of <>{}[]?*"#%\\^|~`$&,;:/ (InvalidName). Input is JSON of at most 256 KiB (InvalidExecutionInput, or
ValidationException for its length).

Stock: a name that exists is always refused; any name and input is taken.
"""

import contextvars
import copy
import re
import threading
from typing import Any

from ministack.core.responses import (
    error_response_json,
    get_account_id,
    get_region,
    json_response,
    new_uuid,
    now_iso,
)
from ministack.services import stepfunctions as states

from fidelity.frame.behaviour import Need

from .engine.flow import DATA_LIMIT, is_too_long, json_value
from .engine.runs import RUNNING, Run, begin_run
from .run_execution import MODULE, execute

NEEDS = (
    Need(MODULE, "_start_execution", "data"),
    Need(MODULE, "_resolve_state_machine_arn", "arn"),
    Need(MODULE, "_execution_version_arn", "arn"),
    Need(MODULE, "_state_machine_versions"),
    Need(MODULE, "_default_encryption", ""),
    Need("ministack.core.responses", "new_uuid", ""),
    Need(
        "ministack.core.responses",
        "json_response",
        "data, status=200, *, content_type='application/x-amz-json-1.0'",
    ),
)

NAME_LIMIT = 80
FORBIDDEN_IN_NAMES = re.compile(
    r"""[\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\U0010ffff]"""
)

Response = tuple[int, dict[str, str], bytes]

_lock = threading.Lock()
"""One start at a time decides whether a name is taken."""


def install() -> None:
    states._start_execution = start_execution


def start_execution(data: dict[str, Any]) -> Response:
    requested = data.get("stateMachineArn", "")
    base = states._resolve_state_machine_arn(requested)
    if base is None:
        return error_response_json("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{requested}'")
    name, given = data.get("name"), data.get("input", "{}")
    refusal = refuse_name(name) or refuse_input(given)
    if refusal is not None:
        return refusal
    machine = states._state_machines[base]
    version = states._state_machine_versions.get(states._execution_version_arn(requested)) or machine
    name = new_uuid() if name is None else name
    arn = f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{machine['name']}:{name}"
    with _lock:
        existing = states._executions.get(arn)
        if existing is not None:
            return answer_repeat(existing, given)
        execution = record_of(arn, name, base, given, version)
        states._executions[arn] = execution
    run = Run(execution, version["definition"], version["roleArn"])
    begin_run(run)
    threading.Thread(target=contextvars.copy_context().run, args=(execute, run), daemon=True).start()
    return json_response({"executionArn": arn, "startDate": execution["startDate"]})


def answer_repeat(existing: dict[str, Any], given: str) -> Response:
    if existing["status"] == RUNNING and json_value(existing["input"]) == json_value(given):
        return json_response({"executionArn": existing["executionArn"], "startDate": existing["startDate"]})
    return error_response_json(
        "ExecutionAlreadyExists", f"Execution Already Exists: '{existing['executionArn']}'"
    )


def refuse_name(name: Any) -> Response | None:
    if name is None:
        return None
    if not 1 <= len(name) <= NAME_LIMIT or FORBIDDEN_IN_NAMES.search(name):
        return error_response_json("InvalidName", f"Invalid Name: {name!r}")
    return None


def refuse_input(given: str) -> Response | None:
    if len(given) > DATA_LIMIT:
        return error_response_json(
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint: "
            f"Member must have length less than or equal to {DATA_LIMIT}",
        )
    if is_too_long(given):
        return error_response_json("InvalidExecutionInput", "Invalid State Machine Execution Input: 'too long'")
    try:
        json_value(given)
    except ValueError as problem:
        return error_response_json("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{problem}'")
    return None


def record_of(arn: str, name: str, machine: str, given: str, version: dict[str, Any]) -> dict[str, Any]:
    """An execution as MiniStack's other calls read it."""
    now = now_iso()
    details = {"input": given, "roleArn": version["roleArn"]}
    return {
        "executionArn": arn,
        "stateMachineArn": machine,
        "name": name,
        "status": RUNNING,
        "startDate": now,
        "stopDate": None,
        "input": given,
        "inputDetails": {"included": True},
        "output": None,
        "outputDetails": {"included": True},
        "testCase": "",
        "mockAttempts": {},
        "encryptionConfiguration": copy.deepcopy(
            version.get("encryptionConfiguration") or states._default_encryption()
        ),
        "events": [
            {
                "id": 1,
                "previousEventId": 0,
                "timestamp": now,
                "type": "ExecutionStarted",
                "executionStartedEventDetails": details,
            }
        ],
    }
