"""Errors as each service sends them.

AWS: an SDK knows a throttling error by its code and status, which differ from service to service
(docs.aws.amazon.com, "Common errors" of each API reference; S3: "Error responses").
"""

import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .request import Request


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class AwsError:
    status: int
    code: str
    message: str


@dataclass(frozen=True)
class Service:
    throttled: AwsError
    broken: AwsError


SERVICES = {
    "dynamodb": Service(
        AwsError(
            400,
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. "
            "Consider increasing your provisioning level with the UpdateTable API.",
        ),
        AwsError(500, "InternalServerError", "The request could not be processed because of an internal error."),
    ),
    "events": Service(
        AwsError(400, "ThrottlingException", "Rate exceeded"),
        AwsError(500, "InternalException", "This exception occurs due to unexpected causes."),
    ),
    "execute-api": Service(
        AwsError(429, "TooManyRequestsException", "Too Many Requests"),
        AwsError(500, "InternalServerErrorException", "Internal server error"),
    ),
    "kinesis": Service(
        AwsError(400, "ProvisionedThroughputExceededException", "Rate exceeded for shard."),
        AwsError(500, "InternalFailure", "The request failed because of an internal error."),
    ),
    "lambda": Service(
        AwsError(429, "TooManyRequestsException", "Rate Exceeded."),
        AwsError(500, "ServiceException", "The Lambda service encountered an internal error."),
    ),
    "s3": Service(
        AwsError(503, "SlowDown", "Please reduce your request rate."),
        AwsError(500, "InternalError", "We encountered an internal error. Please try again."),
    ),
    "sqs": Service(
        AwsError(400, "RequestThrottled", "The request was denied due to request throttling."),
        AwsError(500, "InternalFailure", "The request failed because of an internal error."),
    ),
    "states": Service(
        AwsError(400, "ThrottlingException", "Rate exceeded"),
        AwsError(500, "InternalFailure", "The request failed because of an internal error."),
    ),
}


def throttling_answer(request: Request) -> Answer:
    error = SERVICES[request.service].throttled
    if request.service == "kinesis" and request.operation == "PutRecords":
        return unput_records(request, error)
    return error_answer(request, error)


def unput_records(request: Request, error: AwsError) -> Answer:
    """A throttled PutRecords succeeds: each record that was refused says so in its place."""
    records = json.loads(request.body)["Records"]
    refused = {"ErrorCode": error.code, "ErrorMessage": error.message}
    body = {"FailedRecordCount": len(records), "Records": [refused for _ in records]}
    return Answer(200, {"content-type": "application/x-amz-json-1.1"}, json.dumps(body).encode())


def error_answer(request: Request, error: AwsError) -> Answer:
    if request.service == "s3":
        return Answer(error.status, {"content-type": "application/xml"}, s3_error(error))
    if request.is_query:
        return Answer(error.status, {"content-type": "text/xml"}, query_error(error))
    headers = {
        "content-type": "application/x-amz-json-1.0",
        # Where REST services say the code, and the others too.
        "x-amzn-errortype": error.code,
    }
    if request.service == "sqs":
        # SQS spoke the query protocol before: its SDKs take the code from here.
        headers["x-amzn-query-error"] = f"{error.code};{fault_of(error)}"
    body = {"__type": error.code, "message": error.message}
    return Answer(error.status, headers, json.dumps(body).encode())


def fault_of(error: AwsError) -> str:
    return "Sender" if error.status < 500 else "Receiver"


def s3_error(error: AwsError) -> bytes:
    inner = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()


def query_error(error: AwsError) -> bytes:
    inner = (
        f"<Type>{fault_of(error)}</Type><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    )
    return f"<ErrorResponse><Error>{inner}</Error></ErrorResponse>".encode()
