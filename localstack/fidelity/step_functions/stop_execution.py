"""StopExecution ends what waits, at once.

AWS (API reference StopExecution): the execution is ABORTED, its tasks' tokens are dead, nothing runs in it any more.

Stock: changes the status only; the execution goes on until its wait is over and is FAILED then.
"""

from typing import Any

from ministack.core.responses import json_response
from ministack.services import stepfunctions as states

from fidelity.frame.behaviour import Need

from .engine.runs import RUNS, end_run
from .run_execution import MODULE

NEEDS = (Need(MODULE, "_stop_execution", "data"),)


def install() -> None:
    stop_closed = states._stop_execution

    def stop_execution(data: dict[str, Any]) -> Any:
        run = RUNS.get(data.get("executionArn", ""))
        if run is None:
            return stop_closed(data)
        reason = {key: data[key] for key in ("error", "cause") if data.get(key) is not None}
        if not end_run(run, "ABORTED", "ExecutionAborted", {"executionAbortedEventDetails": reason}, **reason):
            return stop_closed(data)
        return json_response({"stopDate": run.execution["stopDate"]})

    states._stop_execution = stop_execution
