"""What ends together: an execution, or one attempt of a Parallel or Map state within it."""

import contextvars
import threading


class Ended(BaseException):
    """The scope has ended: the work in it stops here. Not an Exception, so that no `except` keeps it alive."""


class Scope:
    def __init__(self, parent: "Scope | None" = None) -> None:
        self._parent = parent
        self._lock: threading.Lock = parent._lock if parent else threading.Lock()
        self._ended = False
        self._children: set[Scope] = set()
        self._waiting: set[threading.Event] = set()
        if parent is None:
            return
        with self._lock:
            self._ended = parent._ended
            parent._children.add(self)

    def __enter__(self) -> "Scope":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def ended(self) -> bool:
        return self._ended

    def end(self) -> None:
        """Wakes everything that waits in this scope or in one within it."""
        with self._lock:
            woken = self._mark_ended()
            if self._parent is not None:
                self._parent._children.discard(self)
        for event in woken:
            event.set()

    def _mark_ended(self) -> list[threading.Event]:
        self._ended = True
        return [*self._waiting, *(event for child in self._children for event in child._mark_ended())]

    def check(self) -> None:
        if self._ended:
            raise Ended

    def wait(self, event: threading.Event, seconds: float | None = None) -> bool:
        """True when the event has come, False when the time is over. Raises Ended when the scope has ended."""
        with self._lock:
            self.check()
            self._waiting.add(event)
        try:
            # A year is longer than any execution, and less than what the system's clock can hold.
            came = event.wait(None if seconds is None else min(max(seconds, 0), 31_536_000))
        finally:
            with self._lock:
                self._waiting.discard(event)
        self.check()
        return came

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.wait(threading.Event(), seconds)


CURRENT_SCOPE: contextvars.ContextVar[Scope | None] = contextvars.ContextVar("current_scope", default=None)
"""For code of MiniStack between two parts of ours."""
