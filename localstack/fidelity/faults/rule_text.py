"""A rule as it comes in JSON: checked, and its defaults filled in.

Every refusal says what was got and what is allowed.
"""

import json
import random
import uuid
from collections.abc import Callable

from .answers import SERVICES
from .rules import Rule

Check = Callable[[object], bool]

MEMBERS = ("service", "operation", "resource", "fault", "rate", "count", "seed")
FAULTS = {
    "error": ("status", "code", "message"),
    "throttle": (),
    "latency": ("minMs", "maxMs"),
    "lost-response": ("answer",),
}
MAX_LATENCY_MS = 900_000


class BadRule(Exception):
    """Its text is for the caller."""


def read_rule(text: bytes) -> Rule:
    try:
        value = json.loads(text)
    except ValueError:
        raise BadRule("the body is not JSON") from None
    only(value, MEMBERS, "a rule")
    return Rule(
        id=uuid.uuid4().hex[:12],
        service=member(value, "service", lambda name: name in SERVICES, f"one of {', '.join(SERVICES)}"),
        fault=read_fault(value.get("fault")),
        operation=member(value, "operation", is_text, 'an operation like "PutItem", or absent', None),
        resource=member(value, "resource", is_text, 'a name or a pattern like "signalbox-*", or absent', None),
        rate=member(value, "rate", lambda rate: is_number(rate) and 0 < rate <= 1, "above 0 and at most 1", 1.0),
        count=member(value, "count", lambda count: is_whole(count) and count > 0, "a whole number above 0, or absent", None),
        seed=member(value, "seed", is_whole, "a whole number", random.randrange(2**31)),
    )


def read_fault(value: object) -> dict:
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind not in FAULTS:
        raise BadRule(f"fault.kind is {shown(kind)}; allowed: one of {', '.join(FAULTS)}")
    only(value, ("kind", *FAULTS[kind]), f'a fault of kind "{kind}"')
    return {"kind": kind, **READERS[kind](value)}


def read_error(value: dict) -> dict:
    """Without a status or code they are those of the service's own internal error."""
    status = member(value, "status", lambda status: is_whole(status) and 400 <= status <= 599, "from 400 to 599", None)
    code = member(value, "code", is_text, 'an error code like "InternalServerError", or absent', None)
    message = member(value, "message", is_text, "a text, or absent", None)
    given = {"status": status, "code": code, "message": message}
    return {name: part for name, part in given.items() if part is not None}


def read_latency(value: dict) -> dict:
    allowed = f"milliseconds from 0 to {MAX_LATENCY_MS}"
    least = member(value, "minMs", is_latency, allowed)
    most = member(value, "maxMs", is_latency, allowed, least)
    if most < least:
        raise BadRule(f"maxMs is {most}; allowed: at least minMs, which is {least}")
    return {"minMs": least, "maxMs": most}


def read_lost_response(value: dict) -> dict:
    answers = ("hang-up", "error")
    return {"answer": member(value, "answer", lambda answer: answer in answers, " or ".join(answers), answers[0])}


READERS: dict[str, Callable[[dict], dict]] = {
    "error": read_error,
    "throttle": lambda value: {},
    "latency": read_latency,
    "lost-response": read_lost_response,
}


class _Required:
    """The default of a member that must be there: None is a default of its own."""


def member(value: dict, name: str, check: Check, allowed: str, default: object = _Required):
    found = value.get(name)
    if found is None and default is not _Required:
        return default
    # A list or an object is no key of a table that a check may look into.
    if isinstance(found, (list, dict)) or not check(found):
        raise BadRule(f"{name} is {shown(found)}; allowed: {allowed}")
    return found


def only(value: object, allowed: tuple[str, ...], what: str) -> None:
    if not isinstance(value, dict):
        raise BadRule(f"{what} is a JSON object with {', '.join(allowed)}; got {shown(value)}")
    for name in value:
        if name not in allowed:
            raise BadRule(f"{what} has no {name}; it may have {', '.join(allowed)}")


def shown(value: object) -> str:
    return "missing" if value is None else json.dumps(value)


def is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_latency(value: object) -> bool:
    return is_number(value) and 0 <= value <= MAX_LATENCY_MS
