"""Task tokens, each for one attempt.

A token that was issued can be told from one that never was without remembering it: it carries a checksum.
So closed tokens cost no memory, however many executions there were.
"""

import base64
import hashlib
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Literal

from .scope import Scope

PREFIX = b"task"
SUM_BYTES = 16


@dataclass(frozen=True)
class Success:
    output: str
    """JSON text."""


@dataclass(frozen=True)
class Failure:
    error: str
    cause: str


@dataclass
class Waiting:
    """A task that waits for its answer."""

    token: str
    scope: Scope
    answered: threading.Event = field(default_factory=threading.Event)
    answer: Success | Failure | None = None
    last_sign: float = field(default_factory=time.monotonic)
    """When the task began or its last heartbeat came."""


Verdict = Literal["accepted", "closed", "unknown"]

_waiting: dict[str, Waiting] = {}
_lock = threading.Lock()


def issue(scope: Scope) -> Waiting:
    nonce = uuid.uuid4().bytes
    task = Waiting(base64.b64encode(PREFIX + nonce + checksum(nonce)).decode(), scope)
    with _lock:
        _waiting[task.token] = task
    return task


def close(task: Waiting) -> bool:
    """No answer is accepted any more; False when one was."""
    with _lock:
        return _waiting.pop(task.token, None) is not None


def answer(token: str, given: Success | Failure) -> Verdict:
    with _lock:
        task = _waiting.get(token)
        if task is not None and not task.scope.ended:
            del _waiting[token]
            task.answer = given
            task.answered.set()
            return "accepted"
    return verdict_without(token)


def heartbeat(token: str) -> Verdict:
    with _lock:
        task = _waiting.get(token)
        if task is not None and not task.scope.ended:
            task.last_sign = time.monotonic()
            return "accepted"
    return verdict_without(token)


def verdict_without(token: str) -> Verdict:
    return "closed" if was_issued(token) else "unknown"


def was_issued(token: str) -> bool:
    try:
        raw = base64.b64decode(token, validate=True)
    except ValueError:
        return False
    nonce = raw[len(PREFIX) : -SUM_BYTES]
    return raw[: len(PREFIX)] == PREFIX and raw[-SUM_BYTES:] == checksum(nonce)


def checksum(nonce: bytes) -> bytes:
    return hashlib.sha256(PREFIX + nonce).digest()[:SUM_BYTES]
