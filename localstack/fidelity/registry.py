"""Every behaviour there is, in the order of installation."""

from fidelity import cloudformation, dynamodb, event_sources, faults, kinesis, lambda_runtime, records, step_functions
from fidelity.frame.behaviour import Behaviour

AREAS = (step_functions, lambda_runtime, kinesis, dynamodb, event_sources, cloudformation, records, faults)


def behaviours() -> list[Behaviour]:
    """An area is a package whose BEHAVIOURS are its modules."""
    return [behaviour for area in AREAS for behaviour in area.BEHAVIOURS]
