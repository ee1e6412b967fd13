"""An invocation ends when the function has answered; only a crash or a timeout ends its process.

AWS: an environment is used again after a handler's error, with all that its module keeps
(docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html). A process that exits is `Runtime.ExitError`,
a timeout `Sandbox.Timedout` (…/troubleshooting-invocation.html), and the next invocation begins anew.
Stock: every error ends the process, a crash is an error of the handler, and each answer is followed by a wait of
50 ms for a line of log.
"""

import json
import os
import queue
import select
import signal
import subprocess
import time

from ministack.core import lambda_runtime as runtime

from fidelity.frame.behaviour import Need

from .node_process import END_OF_LOG

MODULE = "ministack.core.lambda_runtime"
NEEDS = (
    Need(
        MODULE,
        "Worker.invoke",
        parameters="self, event, request_id, *, trace_id=None, depth=None, durable=None, invoked_function_arn=None",
    ),
    Need(MODULE, "Worker._spawn", parameters="self"),
    Need(MODULE, "Worker._drain_stderr", parameters="self"),
    Need(
        MODULE,
        "Worker._drain_stderr_bounded",
        parameters="self, first_line_wait=0.05, idle_confirm=0.005, hard_cap=0.25",
    ),
)

DEFAULT_TIMEOUT_SECONDS = 3
LOG_WAIT_SECONDS = 0.25
"""For a log whose end does not come."""
EXIT_WAIT_SECONDS = 2.0
CHUNK_BYTES = 1 << 16


def install() -> None:
    runtime.Worker.invoke = invoke


def invoke(
    worker: runtime.Worker,
    event: object,
    request_id: str,
    *,
    trace_id: str | None = None,
    depth: object = None,
    durable: dict | None = None,
    invoked_function_arn: str | None = None,
) -> dict:
    """`status` "ok" with `result`, or "error" with an error `document`; `log` is what was written meanwhile."""
    with worker._lock:
        cold = worker._proc is None or worker._proc.poll() is not None
        if cold:
            worker._spawn()
        worker._cold = False
        timeout = float(worker.config.get("Timeout", DEFAULT_TIMEOUT_SECONDS))
        arn = worker.config.get("FunctionArn", "") if invoked_function_arn is None else invoked_function_arn
        context = {
            "request_id": request_id,
            "invoked_function_arn": arn,
            "timeout_ms": int(timeout * 1000),
            "trace_id": trace_id,
            "depth": depth,
            "durable": durable or {},
        }
        answer = ask(worker._proc, {"event": event, "ctx": context}, request_id, timeout)
        if answer.pop("ends", False):
            log = end(worker)
        else:
            log = log_of(worker, request_id)
        return answer | {"cold_start": cold, "log": log}


def ask(process: subprocess.Popen, envelope: dict, request_id: str, timeout: float) -> dict:
    deadline = time.monotonic() + timeout
    try:
        process.stdin.write(json.dumps(envelope) + "\n")
        process.stdin.flush()
        answer = read_answer(process.stdout.fileno(), deadline)
    except (BrokenPipeError, EOFError):
        return failure("Runtime.ExitError", f"RequestId: {request_id} Error: {exit_reason(process)}")
    if answer is None:
        text = f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds"
        return failure("Sandbox.Timedout", text)
    if answer["status"] == "error" and "document" not in answer:
        # What the Python process says.
        answer["document"] = {"errorType": "Runtime.HandlerError", "errorMessage": answer.get("error")}
    if answer["status"] == "error":
        answer["error"] = str(answer["document"]["errorMessage"])
    return answer


def failure(error_type: str, message: str) -> dict:
    """An error that ends the process."""
    document = {"errorType": error_type, "errorMessage": message}
    return {"status": "error", "error": message, "document": document, "ends": True}


def read_answer(stdout: int, deadline: float) -> dict | None:
    """The next answer, None at the deadline. Raises EOFError when the process is gone."""
    readable = select.poll()
    readable.register(stdout, select.POLLIN | select.POLLHUP)
    unread = bytearray()
    while True:
        left_ms = (deadline - time.monotonic()) * 1000
        if left_ms <= 0 or not readable.poll(left_ms):
            return None
        chunk = os.read(stdout, CHUNK_BYTES)
        if not chunk:
            raise EOFError
        unread += chunk
        if b"\n" not in chunk:
            continue
        *lines, rest = unread.split(b"\n")
        unread = bytearray(rest)
        answer = next(filter(None, map(answer_in, lines)), None)
        if answer is not None:
            return answer


def answer_in(line: bytes) -> dict | None:
    """A child of the function may have written something else."""
    if not line.startswith(b"{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("status") in ("ok", "error") else None


def exit_reason(process: subprocess.Popen) -> str:
    """As Lambda words it."""
    try:
        code = process.wait(EXIT_WAIT_SECONDS)
    except subprocess.TimeoutExpired:
        code = 0
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    if code < 0:
        return f"Runtime exited with error: signal: {(signal.strsignal(-code) or 'unknown').lower()}"
    return "Runtime exited without providing a reason"


def end(worker: runtime.Worker) -> str:
    """Returns what it had logged."""
    worker._proc.kill()
    worker._proc.wait(EXIT_WAIT_SECONDS)
    worker._proc = None
    # It ends with the process, unless a child of the function holds on to its stderr.
    worker._stderr_thread.join(LOG_WAIT_SECONDS)
    lines = worker._drain_stderr().split("\n")
    return "\n".join(line.partition(END_OF_LOG)[0] for line in lines).rstrip("\n")


def log_of(worker: runtime.Worker, request_id: str) -> str:
    """Node marks the end of its log; Python does not, but what it logged is there within a moment."""
    if not str(worker.config.get("Runtime", "")).startswith("nodejs"):
        return worker._drain_stderr_bounded(first_line_wait=0.005, idle_confirm=0.005)
    lines: list[str] = []
    mark = END_OF_LOG + request_id
    deadline = time.monotonic() + LOG_WAIT_SECONDS
    try:
        while True:
            line: str = worker._stderr_queue.get(timeout=max(0.0, deadline - time.monotonic()))
            # A line that was not ended yet stands before the mark.
            lines.append(line.removesuffix(mark))
            if line.endswith(mark):
                break
    except queue.Empty:
        pass
    return "\n".join(lines).rstrip("\n")
