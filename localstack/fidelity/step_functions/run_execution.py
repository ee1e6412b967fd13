"""Executions run on the interpreter of `engine/`.

AWS (Developer Guide, "State machine structure", "Handling errors"; StopExecution): an execution ends once, with
SUCCEEDED, FAILED, TIMED_OUT or ABORTED, and nothing happens in it afterwards. `TimeoutSeconds` of the machine ends
it with TIMED_OUT, an event ExecutionTimedOut (States.Timeout) and no error or cause in its description. An
execution runs the definition it was started with, that of its version or alias if it was started by one. It fails
with its event 25,000 if that isn't its end.

Stock: starts 150 ms late; knows no machine timeout; an execution that was stopped goes on until its wait is over
and is FAILED then; a version or alias runs the latest definition.

Differs from AWS still: no redrive. Given up: MiniStack's mocked service integrations, its scale for waits.
"""

import json
import logging
from typing import Any

from ministack.services import stepfunctions as states

from fidelity.frame.behaviour import Need

from .engine.deadlines import DEADLINES
from .engine.flow import Flow, StateError, bounded_text, json_value
from .engine.interpreter import walk
from .engine.runs import RUNNING, RUNS, Run, begin_run, end_run, forget_all
from .engine.scope import CURRENT_SCOPE, Ended, Scope

MODULE = "ministack.services.stepfunctions"

NEEDS = (
    Need(MODULE, "_run_execution", "exec_arn"),
    Need(MODULE, "_run_sub_machine", "states, start_at, input_data, execution, ctx"),
    Need(MODULE, "_run_distributed_map", "state_def, raw_input, effective, iterator, execution, ctx"),
    Need(MODULE, "_invoke_resource", "resource, input_data"),
    Need(MODULE, "_execute_pass", "state_def, raw_input, ctx=None"),
    Need(MODULE, "_execute_choice", "state_def, raw_input, ctx=None"),
    Need(MODULE, "_fail_state_error", "state_def, raw_input, ctx=None"),
    Need(MODULE, "_apply_input_path", "state_def, data, ctx=None"),
    Need(MODULE, "_apply_output_path", "state_def, data, ctx=None"),
    Need(MODULE, "_apply_parameters", "state_def, data, ctx=None"),
    Need(MODULE, "_apply_result_selector", "state_def, data"),
    Need(MODULE, "_apply_result_path", "state_def, original, result"),
    Need(MODULE, "_apply_result_path_raw", "result_path, original, result"),
    Need(MODULE, "_resolve_path_or_ctx", "path, data, ctx"),
    Need(MODULE, "_resolve_params_obj", "template, data, ctx=None"),
    Need(MODULE, "_next_or_end", "state_def"),
    Need(MODULE, "_json_type", "value"),
    Need(MODULE, "_register_sfn_jsonata_functions", "expr"),
    Need(MODULE, "_ExecutionError", "error, cause"),
    Need(MODULE, "_executions"),
    Need(MODULE, "_state_machines"),
    Need(MODULE, "reset", ""),
    Need("ministack.core.responses", "get_account_id", ""),
    Need("ministack.core.responses", "get_region", ""),
    Need("ministack.core.responses", "now_iso", ""),
    Need("jsonata.jsonata", "Jsonata.jsonata", None),
    Need("jsonata.jsonata", "Jsonata.evaluate", "self, input, bindings=None"),
    Need("jsonata.jsonata", "Jsonata.set_output_convert_nulls", "self, output_convert_nulls"),
    Need("jsonata.jsonata", "Jsonata.assign", "self, name, value"),
    Need("jsonata.jsonata", "Jsonata.CURRENT"),
    Need("jsonata.jsonata", "Jsonata.Frame.set_runtime_bounds", "self, timeout, max_recursion_depth"),
    Need("jsonata.utils", "Utils.NULL_VALUE"),
    Need("jsonata.utils", "Utils.convert_nulls", "res"),
)

logger = logging.getLogger("states")


def install() -> None:
    states._run_execution = run_by_arn
    states._run_sub_machine = run_child
    reset_ministack = states.reset

    def reset() -> None:
        forget_all()
        reset_ministack()

    states.reset = reset


def run_by_arn(exec_arn: str) -> None:
    """For executions whose record MiniStack has made itself: StartSyncExecution."""
    execution = states._executions.get(exec_arn)
    machine = states._state_machines.get(execution["stateMachineArn"]) if execution else None
    if machine:
        run = Run(execution, machine["definition"], machine["roleArn"])
        begin_run(run)
        execute(run)


def execute(run: Run) -> None:
    """Walks through the state machine until the execution has ended, however it does."""
    CURRENT_SCOPE.set(run.scope)
    try:
        definition = json.loads(run.definition)
        limit_time(run, definition.get("TimeoutSeconds"))
        output = bounded_text(walk_machine(run, definition), run.execution["name"])
        end_run(
            run,
            "SUCCEEDED",
            "ExecutionSucceeded",
            {"executionSucceededEventDetails": {"output": output}},
            output=output,
        )
    except Ended:
        pass
    except StateError as failure:
        fail(run, failure.error, failure.cause)
    except Exception as failure:
        logger.exception("execution %s failed in an unforeseen way", run.arn)
        fail(run, "States.Runtime", str(failure))


def walk_machine(run: Run, definition: dict[str, Any]) -> Any:
    data = json_value(run.execution["input"])
    name = run.execution["stateMachineArn"].rpartition(":")[2]
    flow = Flow(
        run,
        run.scope,
        definition.get("QueryLanguage", "JSONPath"),
        {
            "Execution": {
                "Id": run.arn,
                "Input": data,
                "Name": run.execution["name"],
                "RoleArn": run.role_arn,
                "StartTime": run.execution["startDate"],
                "RedriveCount": 0,
            },
            "StateMachine": {"Id": run.execution["stateMachineArn"], "Name": name},
        },
    )
    return walk(flow, definition["States"], definition["StartAt"], data)


def limit_time(run: Run, seconds: float | None) -> None:
    if seconds is not None:
        run.cancel_deadline = DEADLINES.after(seconds, lambda: time_out(run))
        if run.execution["status"] != RUNNING:
            run.cancel_deadline()


def time_out(run: Run) -> None:
    end_run(run, "TIMED_OUT", "ExecutionTimedOut", {"executionTimedOutEventDetails": {"error": "States.Timeout"}})


def fail(run: Run, error: str, cause: str) -> None:
    details = {"executionFailedEventDetails": {"error": error, "cause": cause}}
    end_run(run, "FAILED", "ExecutionFailed", details, error=error, cause=cause)


def run_child(machine: Any, start_at: str, data: Any, execution: dict[str, Any], context: dict[str, Any]) -> Any:
    """A child of MiniStack's Distributed Map, in the scope of the Map state's attempt."""
    parent = RUNS.get(context["Execution"]["Id"])
    run = Run(execution, "", parent.role_arn if parent else "", Scope(CURRENT_SCOPE.get()))
    inner = {key: value for key, value in context.items() if key not in ("QueryLanguage", "variables")}
    flow = Flow(run, run.scope, context["QueryLanguage"], inner, event=0)
    with run.scope:
        return walk(flow, machine, start_at, data)
