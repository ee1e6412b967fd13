"""Something to do at a time, by one thread for all of them."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger("states")


class Deadlines:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int]] = []
        self._actions: dict[int, Callable[[], object]] = {}
        self._ids = itertools.count()
        self._thread: threading.Thread | None = None

    def after(self, seconds: float, action: Callable[[], object]) -> Callable[[], None]:
        """Calls the action once, on another thread, unless the returned function is called before."""
        with self._changed:
            number = next(self._ids)
            self._actions[number] = action
            heapq.heappush(self._due, (time.monotonic() + seconds, number))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="deadlines", daemon=True)
                self._thread.start()
            self._changed.notify()
        return lambda: self._cancel(number)

    def _cancel(self, number: int) -> None:
        with self._changed:
            self._actions.pop(number, None)
            # Most executions end long before their deadline: without this the heap would keep them all.
            if len(self._due) > 2 * len(self._actions) + 64:
                self._due = [entry for entry in self._due if entry[1] in self._actions]
                heapq.heapify(self._due)

    def _work(self) -> None:
        while True:
            action = self._next()
            try:
                action()
            except Exception:
                logger.exception("a deadline's action failed")

    def _next(self) -> Callable[[], object]:
        with self._changed:
            while True:
                now = time.monotonic()
                while self._due and self._due[0][0] <= now:
                    action = self._actions.pop(heapq.heappop(self._due)[1], None)
                    if action is not None:
                        return action
                self._changed.wait(self._due[0][0] - now if self._due else None)


DEADLINES = Deadlines()
