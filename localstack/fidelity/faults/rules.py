"""Which requests are harmed, and how.

Invariants
F1. A rule decides by its own random numbers, drawn from its seed, one per matching request: the same
    requests in the same order meet the same faults, whatever other rules there are.
F2. A rule with a count harms exactly that many requests, then none.
F3. Latencies add up; of everything else the first rule that strikes decides.
"""

import random
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from .request import Request


@dataclass(frozen=True)
class Rule:
    """As the admin call takes it, with its defaults filled in."""

    id: str
    service: str
    fault: dict
    seed: int
    operation: str | None = None
    resource: str | None = None
    """A pattern, "signalbox-local-*", or None for any."""

    rate: float = 1.0
    count: int | None = None

    def matches(self, request: Request) -> bool:
        return (
            self.service == request.service
            and self.operation in (None, request.operation)
            and (self.resource is None or any(fnmatchcase(name, self.resource) for name in request.resources))
        )

    def described(self) -> dict:
        members = {
            "id": self.id,
            "service": self.service,
            "operation": self.operation,
            "resource": self.resource,
            "fault": self.fault,
            "rate": self.rate,
            "count": self.count,
            "seed": self.seed,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass
class Active:
    """A rule at work."""

    rule: Rule
    chance: random.Random
    matched: int = 0
    injected: int = 0

    def strikes(self) -> bool:
        self.matched += 1
        # Drawn also when the count is used up, so that it changes nothing else (F1).
        hit = self.chance.random() < self.rule.rate
        if not hit or (self.rule.count is not None and self.injected >= self.rule.count):
            return False
        self.injected += 1
        return True


@dataclass(frozen=True)
class Harm:
    """What is done to one request."""

    delay_seconds: float = 0.0
    fault: dict | None = None


@dataclass
class Rules:
    """All rules at work, in the order in which they were made."""

    _active: list[Active] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def are_none(self) -> bool:
        return not self._active

    def add(self, rule: Rule) -> None:
        with self._lock:
            self._active.append(Active(rule, random.Random(rule.seed)))

    def remove(self, id: str | None) -> list[str]:
        """The ids of what was removed; all without an id."""
        with self._lock:
            gone = [active.rule.id for active in self._active if id in (None, active.rule.id)]
            self._active = [active for active in self._active if active.rule.id not in gone]
            return gone

    def listed(self) -> list[dict]:
        with self._lock:
            return [
                {**active.rule.described(), "matched": active.matched, "injected": active.injected}
                for active in self._active
            ]

    def harm_to(self, request: Request) -> Harm:
        delay = 0.0
        with self._lock:
            for active in self._active:
                if not active.rule.matches(request) or not active.strikes():
                    continue
                fault = active.rule.fault
                if fault["kind"] != "latency":
                    return Harm(delay, fault)
                delay += active.chance.uniform(fault["minMs"], fault["maxMs"]) / 1000
        return Harm(delay)
