"""A mapping that is created, updated or deleted takes effect at once.

AWS applies it asynchronously, within a moment, also during a back-off. Stock: at the next look, up to a second later,
and after the invocation in progress.
"""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from ministack.services import lambda_svc as functions
from ministack.services.cloudformation import provisioners

from fidelity.frame.behaviour import Need

from .kinesis_mappings import announce_change

MODULE = "ministack.services.lambda_svc"
TYPE = "AWS::Lambda::EventSourceMapping"
NEEDS = (
    Need(MODULE, "_create_esm", parameters="data"),
    Need(MODULE, "_update_esm", parameters="esm_id, data"),
    Need(MODULE, "_delete_esm", parameters="esm_id"),
    Need("ministack.services.cloudformation.provisioners", "_RESOURCE_HANDLERS"),
)

Result = TypeVar("Result")


def install() -> None:
    for name in ("_create_esm", "_update_esm", "_delete_esm"):
        setattr(functions, name, announced(getattr(functions, name)))
    handlers = provisioners._RESOURCE_HANDLERS[TYPE]
    for action in ("create", "update", "delete"):
        handlers[action] = announced(handlers[action])


def announced(change: Callable[..., Result]) -> Callable[..., Result]:
    """Those that update or delete are told the mapping's id first."""

    @wraps(change)
    def change_and_announce(subject: object, *rest: object) -> Result:
        result = change(subject, *rest)
        announce_change(subject)
        return result

    return change_and_announce
