"""What a behaviour is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Need:
    """An attribute of MiniStack that a behaviour replaces, wraps, calls or reads."""

    module: str
    """For example "ministack.services.stepfunctions"."""

    attribute: str
    """Its name there; "Worker.invoke" for a member of a class."""

    parameters: str | None = None
    """For a callable, as declared but without types: "state_def, raw_input, ctx=None"."""

    contains: str | None = None
    """For a text, a part of it that is going to be replaced."""


class Behaviour(Protocol):
    """A module of one area: what it relies on, and its installation, called once before the start."""

    __name__: str
    NEEDS: Sequence[Need]

    def install(self) -> None: ...
