"""Logs of functions.

AWS: a log stream per execution environment. Stock: one per invocation, for ever.
"""

from itertools import islice
from typing import Any

from ministack.services import cloudwatch_logs, lambda_svc

from fidelity.frame.behaviour import Need

NEEDS = (
    Need(
        "ministack.services.lambda_svc",
        "_emit_lambda_logs",
        "func, request_id, log_text, error, duration_ms, *, log_source=None",
    ),
    Need("ministack.services.cloudwatch_logs", "_log_groups.get", "key, default=None"),
)

NEWEST_STREAMS = 1_000
"""Per log group: the logs of so many invocations."""


def install() -> None:
    emit = lambda_svc._emit_lambda_logs

    def emit_and_trim(func: dict[str, Any], *details: Any, **more: Any) -> None:
        emit(func, *details, **more)
        trim(group_of(func.get("config") or func))

    lambda_svc._emit_lambda_logs = emit_and_trim


def group_of(config: dict[str, Any]) -> str:
    named = (config.get("LoggingConfig") or {}).get("LogGroup")
    return named or f"/aws/lambda/{config.get('FunctionName')}"


def trim(group_name: str) -> None:
    streams = (cloudwatch_logs._log_groups.get(group_name) or {}).get("streams", {})
    excess = len(streams) - NEWEST_STREAMS
    for oldest in list(islice(streams, max(excess, 0))):
        streams.pop(oldest, None)
