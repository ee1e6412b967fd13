"""What a request asks for: service, operation and the resources it names.

Boundary: reads the request only; nothing of MiniStack.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs

CREDENTIAL = re.compile(r"Credential=[^/,\s]+/\d{8}/[^/]+/([^/]+)/aws4_request")
API_PATH = re.compile(r"^/(?:_aws/execute-api/[^/]+/[^/]+|restapis/[^/]+/[^/]+/_user_request_)(/.*)?$")

S3_OBJECT_OPERATIONS = {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
S3_BUCKET_OPERATIONS = {"PUT": "CreateBucket", "GET": "ListObjectsV2", "HEAD": "HeadBucket", "DELETE": "DeleteBucket"}
# Any other, "uploads" or "tagging", asks for an operation of its own.
PLAIN_PARAMETERS = {
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "list-type",
    "max-keys",
    "prefix",
    "start-after",
    "versionId",
    "x-id",
}
LAMBDA_FUNCTION = re.compile(r"/functions/(?:arn:[^/]*:function:)?([^/:]+)[^/]*(/invocations)?")

# Members whose value names a resource: as it is, as an ARN, or as a queue's URL.
NAMING = {
    "TableName",
    "TableArn",
    "StreamName",
    "StreamARN",
    "QueueName",
    "QueueUrl",
    "stateMachineArn",
    "executionArn",
    "EventBusName",
}


@dataclass(frozen=True)
class Request:
    service: str
    """The name it is signed for, "states"; "execute-api" for a call of an API."""

    operation: str
    """ "PutItem"; the HTTP method for "execute-api"; "" when it isn't one we know."""

    resources: frozenset[str]
    """Names, not ARNs: of tables, streams, queues, state machines, buckets, functions; the path of an API call."""

    body: bytes

    is_query: bool
    """It speaks the query protocol, whose errors are XML."""


def read_request(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Request | None:
    """None for a request of no AWS service, as health checks are. Header names are in small letters."""
    if (api := API_PATH.match(path)) is not None:
        return Request("execute-api", method, frozenset({api.group(1) or "/"}), body, is_query=False)
    signed = CREDENTIAL.search(headers.get("authorization", ""))
    service = signed.group(1) if signed else credential_in(query)
    if service is None:
        return None
    if service == "s3":
        return s3_request(method, path, query, body)
    if service == "lambda":
        return lambda_request(path, body)
    target = headers.get("x-amz-target")
    if target is not None:
        return Request(service, target.rpartition(".")[2], frozenset(names_in(parsed(body))), body, is_query=False)
    return query_request(service, query, headers, body)


def credential_in(query: str) -> str | None:
    """The service that a presigned URL was signed for."""
    credential = parse_qs(query).get("X-Amz-Credential", [""])[0].split("/")
    return credential[3] if len(credential) == 5 else None


def s3_request(method: str, path: str, query: str, body: bytes) -> Request:
    bucket, _, key = path.lstrip("/").partition("/")
    operation = (S3_OBJECT_OPERATIONS if key else S3_BUCKET_OPERATIONS if bucket else {}).get(method, "")
    parameters = parse_qs(query, keep_blank_values=True)
    is_plain = all(name in PLAIN_PARAMETERS or name.startswith("X-Amz-") for name in parameters)
    return Request("s3", operation if is_plain else "", frozenset({bucket}), body, is_query=False)


def lambda_request(path: str, body: bytes) -> Request:
    function = LAMBDA_FUNCTION.search(path)
    if function is None:
        return Request("lambda", "", frozenset(), body, is_query=False)
    operation = "Invoke" if function.group(2) else ""
    return Request("lambda", operation, frozenset({function.group(1)}), body, is_query=False)


def query_request(service: str, query: str, headers: dict[str, str], body: bytes) -> Request:
    form = parse_qs(query)
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = {**parse_qs(body.decode("utf-8", "replace")), **form}
    action = form.get("Action", [""])[0]
    members = {name: values[0] for name, values in form.items()}
    return Request(service, action, frozenset(names_in(members)), body, is_query=bool(action))


def parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def names_in(value: object) -> Iterator[str]:
    """The names in a JSON request, wherever they are: a transaction names its tables deep inside."""
    if isinstance(value, list):
        for item in value:
            yield from names_in(item)
    if not isinstance(value, dict):
        return
    for member, inner in value.items():
        if member in NAMING and isinstance(inner, str):
            yield from bare_names(member, inner)
        elif member == "RequestItems" and isinstance(inner, dict):
            yield from inner
        else:
            yield from names_in(inner)


def bare_names(member: str, text: str) -> Iterator[str]:
    """ "letters" of "arn:aws:sqs:us-east-1:000000000000:letters" and "https://sqs…/000000000000/letters"."""
    if member == "executionArn":
        # …:execution:MACHINE:NAME
        yield from text.split(":")[-2:]
    else:
        yield re.split(r"[:/]", text)[-1]
