"""A Kinesis mapping has the documented defaults, and may begin at a time.

AWS: docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html; `AT_TIMESTAMP` needs
`StartingPositionTimestamp`, which is shown again.
Stock: batches of 10, and the time is dropped, so that `AT_TIMESTAMP` begins at the end.
"""

import json

from ministack.core.responses import error_response_json, json_response
from ministack.services import lambda_svc as functions
from ministack.services.cloudformation import provisioners

from fidelity.frame.behaviour import Need

from .mapping import KINESIS, UNLIMITED

MODULE = "ministack.services.lambda_svc"
TYPE = "AWS::Lambda::EventSourceMapping"
NEEDS = (
    Need(MODULE, "_create_esm", parameters="data"),
    Need(MODULE, "_esm_response", parameters="esm"),
    Need(MODULE, "_esms"),
    Need("ministack.services.cloudformation.provisioners", "_RESOURCE_HANDLERS"),
    Need("ministack.core.responses", "error_response_json"),
    Need("ministack.core.responses", "json_response"),
)

DEFAULTS = {
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "MaximumRecordAgeInSeconds": UNLIMITED,
    "MaximumRetryAttempts": UNLIMITED,
    "ParallelizationFactor": 1,
}
TIMESTAMP = "StartingPositionTimestamp"

create_by_api = functions._create_esm
create_by_stack = provisioners._RESOURCE_HANDLERS[TYPE]["create"]


def install() -> None:
    functions._create_esm = create
    provisioners._RESOURCE_HANDLERS[TYPE]["create"] = create_for_stack


def create(data: dict) -> tuple:
    if KINESIS not in data.get("EventSourceArn", ""):
        return create_by_api(data)
    if (data.get("StartingPosition") == "AT_TIMESTAMP") != (TIMESTAMP in data):
        message = f"{TIMESTAMP} is needed with the starting position AT_TIMESTAMP, and only with it."
        return error_response_json("InvalidParameterValueException", message, 400)
    status, headers, body = create_by_api({**DEFAULTS, **data})
    if status != 202 or TIMESTAMP not in data:
        return status, headers, body
    mapping = functions._esms[json.loads(body)["UUID"]]
    mapping[TIMESTAMP] = data[TIMESTAMP]
    return json_response(functions._esm_response(mapping), 202)


def create_for_stack(logical_id: str, props: dict, stack_name: str) -> tuple:
    if KINESIS not in props.get("EventSourceArn", ""):
        return create_by_stack(logical_id, props, stack_name)
    mapping_id, attributes = create_by_stack(logical_id, {**DEFAULTS, **props}, stack_name)
    if TIMESTAMP in props:
        functions._esms[mapping_id][TIMESTAMP] = float(props[TIMESTAMP])
    return mapping_id, attributes
