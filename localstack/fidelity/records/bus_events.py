"""The log of all events that were put on a bus.

AWS has none; archives are apart. Stock keeps every event for ever, and reads none.
"""

from collections import deque

from ministack.services import eventbridge

from fidelity.frame.behaviour import Need

MODULE = "ministack.services.eventbridge"

NEEDS = (
    Need(MODULE, "_events_log_list", ""),
    Need(MODULE, "_events_log.get", "key, default=None"),
)

NEWEST = 1_000


def install() -> None:
    def newest_events() -> "deque[dict]":
        entries = eventbridge._events_log.get("entries")
        if entries is None:
            entries = eventbridge._events_log["entries"] = deque(maxlen=NEWEST)
        return entries

    eventbridge._events_log_list = newest_events
