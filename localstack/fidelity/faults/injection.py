"""Requests fail as a test asked for.

AWS: every call can be throttled, be slow, fail, or succeed without its caller hearing of it.
Stock MiniStack: calls succeed. (AWS's own Fault Injection Service does this for real; this has its
purpose, not its API.)

Boundary: HTTP calls only, so those of SDKs: what MiniStack does inside itself (a state machine that
sends to a queue, a mapping that invokes a function) is not harmed. Off means off: without a rule a
request goes through untouched.
"""

import asyncio
from collections.abc import Awaitable, Callable

import ministack.app
from hypercorn.protocol.events import StreamClosed
from hypercorn.protocol.http_stream import HTTPStream

from fidelity.frame.behaviour import Need

from .admin import PATH, administer
from .answers import SERVICES, Answer, AwsError, error_answer, throttling_answer
from .request import Request, read_request
from .rules import Rules

NEEDS = (
    Need("ministack.app", "app", parameters="scope, receive, send"),
    Need("hypercorn.protocol.http_stream", "HTTPStream.app_send", parameters="self, message"),
    Need("hypercorn.protocol.events", "StreamClosed", parameters="stream_id"),
)

Message = dict
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[dict, Receive, Send], Awaitable[None]]


def install() -> None:
    stock = ministack.app.app
    rules = Rules()

    async def app(scope: dict, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await stock(scope, receive, send)
        if scope["path"] == PATH:
            body, _ = await read_body(receive)
            query = scope["query_string"].decode("latin-1")
            return await send_answer(send, administer(rules, scope["method"], query, body))
        if rules.are_none:
            return await stock(scope, receive, send)
        return await inject(stock, rules, scope, receive, send)

    ministack.app.app = app


async def inject(stock: App, rules: Rules, scope: dict, receive: Receive, send: Send) -> None:
    body, again = await read_body(receive)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    request = read_request(scope["method"], scope["path"], query, headers, body)
    if request is None:
        return await stock(scope, again, send)
    harm = rules.harm_to(request)
    if harm.delay_seconds > 0:
        await asyncio.sleep(harm.delay_seconds)
    if harm.fault is None:
        return await stock(scope, again, send)
    if harm.fault["kind"] == "lost-response":
        await stock(scope, again, swallow)
        if harm.fault["answer"] == "hang-up":
            return await hang_up(send)
    return await send_answer(send, answer_of(request, harm.fault))


def answer_of(request: Request, fault: dict) -> Answer:
    if fault["kind"] == "throttle":
        return throttling_answer(request)
    broken = SERVICES[request.service].broken
    error = AwsError(
        fault.get("status", broken.status), fault.get("code", broken.code), fault.get("message", broken.message)
    )
    return error_answer(request, error)


async def read_body(receive: Receive) -> tuple[bytes, Receive]:
    """The whole body, and a `receive` that gives the same messages again."""
    messages = []
    while True:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request" or not message.get("more_body", False):
            break
    body = b"".join(message.get("body", b"") for message in messages)
    remaining = iter(messages)

    async def again() -> Message:
        message = next(remaining, None)
        return await receive() if message is None else message

    return body, again


async def send_answer(send: Send, answer: Answer) -> None:
    headers = {**answer.headers, "content-length": str(len(answer.body))}
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


async def swallow(message: Message) -> None:
    """A `send` into nowhere."""


async def hang_up(send: Send) -> None:
    """Ends the connection without a byte. ASGI has no message for that: its server is asked."""
    stream = getattr(send, "__self__", None)
    if not isinstance(stream, HTTPStream):
        raise TypeError(f"expected a stream of hypercorn behind `send`, got {stream!r}")
    await stream.send(StreamClosed(stream_id=stream.stream_id))
