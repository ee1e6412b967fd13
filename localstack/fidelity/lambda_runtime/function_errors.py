"""An invocation that fails answers with the error document of its function.

AWS: `errorType` is the name of the thrown error, so that `Retry` and `Catch` of a state machine can name it
(docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html).
Stock: it is always `Runtime.HandlerError`, without a trace.
"""

import json

from ministack.core import lambda_runtime as runtime
from ministack.services import lambda_svc as functions

from fidelity.frame.behaviour import Need

MODULE = "ministack.services.lambda_svc"
NEEDS = (
    Need(MODULE, "_execute_function_warm", parameters="func, event, request_id"),
    Need(MODULE, "_ensure_reaper_thread", parameters=""),
    Need(MODULE, "_xray_trace_id_for_invocation", parameters="config, inbound_trace_header=None"),
    Need(MODULE, "_invoke_depth"),
    Need(MODULE, "_durable_env_overlay", parameters=""),
    Need(
        "ministack.core.lambda_runtime",
        "acquire_worker",
        parameters="func_name, config, code_zip, qualifier='$LATEST', max_concurrency=None",
    ),
    Need("ministack.core.lambda_runtime", "kill_workers", parameters="workers"),
    Need("ministack.core.lambda_runtime", "release_worker", parameters="worker"),
)

INIT_FAILED = "Worker init failed: "

execute_stock = functions._execute_function_warm


def install() -> None:
    functions._execute_function_warm = execute


def execute(func: dict, event: object, request_id: str) -> dict:
    config = func.get("config") or func
    if not func.get("code_zip"):
        return execute_stock(func, event, request_id)
    functions._ensure_reaper_thread()
    worker, _ = runtime.acquire_worker(
        config.get("FunctionName", ""), config, func["code_zip"], qualifier=config.get("Version", "$LATEST")
    )
    try:
        answer = worker.invoke(
            event,
            request_id,
            trace_id=functions._xray_trace_id_for_invocation(config),
            depth=functions._invoke_depth.get(),
            durable=functions._durable_env_overlay(),
            invoked_function_arn=config.get("FunctionArn", ""),
        )
    except (OSError, RuntimeError) as error:
        # It did not start, and must not be taken for one that did.
        runtime.kill_workers([worker])
        return failed(init_document(str(error)), "")
    finally:
        functions.release_worker(worker)
    if answer["status"] == "ok":
        return {"body": answer.get("result"), "log": answer["log"]}
    return failed(answer["document"], answer["log"])


def failed(document: dict, log: str) -> dict:
    line = f"ERROR\tInvoke Error\t{json.dumps(document)}"
    return {"body": document, "error": True, "function_error": "Unhandled", "log": f"{log}\n{line}".lstrip()}


def init_document(message: str) -> dict:
    """What a function threw while its module was loaded, or that its process did not start."""
    try:
        document = json.loads(message.removeprefix(INIT_FAILED))
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    return {"errorType": "Runtime.InitError", "errorMessage": message}
