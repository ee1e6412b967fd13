"""Before anything is replaced: is MiniStack built as the behaviours expect?"""

import importlib
import inspect
from functools import reduce

from .behaviour import Behaviour, Need
from .refusal import Refusal

HINT = (
    "This MiniStack isn't built as the behaviours in localstack/fidelity expect: delete the .signalbox folder to "
    "install the pinned one anew, or correct the behaviour and its NEEDS."
)


def check_needs(behaviour: Behaviour) -> None:
    """Raises Refusal naming the first attribute that is missing or differs."""
    for need in behaviour.NEEDS:
        mismatch = find_mismatch(need)
        if mismatch is not None:
            raise Refusal(
                f"{behaviour.__name__} relies on {need.module}.{need.attribute}, but {mismatch}. {HINT}"
            )


def find_mismatch(need: Need) -> str | None:
    """What is wrong with the attribute, or None."""
    try:
        found = reduce(getattr, need.attribute.split("."), importlib.import_module(need.module))
    except (ImportError, AttributeError):
        return "it isn't there"
    if need.parameters is not None:
        if not callable(found):
            return f"it is a {type(found).__name__}, not a function"
        parameters = parameters_of(found)
        if parameters != need.parameters:
            return f"its parameters are ({parameters}), not ({need.parameters})"
    if need.contains is not None and not (isinstance(found, str) and need.contains in found):
        return f"it doesn't contain {need.contains!r}"
    return None


def parameters_of(function: object) -> str:
    """"a, b=1, *, c" for a function that declares these, whatever their types."""
    signature = inspect.signature(function)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))[1:-1]
