"""Every behaviour there is, in the order of installation."""

from fidelity import faults, step_functions
from fidelity.frame.behaviour import Behaviour

AREAS = (step_functions, faults)


def behaviours() -> list[Behaviour]:
    """An area is a package whose BEHAVIOURS are its modules."""
    return [behaviour for area in AREAS for behaviour in area.BEHAVIOURS]
