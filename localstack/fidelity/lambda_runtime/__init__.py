"""Lambda: how a function's process answers, fails and ends."""

from . import function_errors, invocation, node_process, running_updates

BEHAVIOURS = (node_process, invocation, function_errors, running_updates)
