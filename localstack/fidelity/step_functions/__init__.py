"""Step Functions: what an execution promises about time, tokens and its end."""

from . import retention, run_execution, start_execution, status_events, stop_execution, task_answers

BEHAVIOURS = (run_execution, start_execution, stop_execution, task_answers, status_events, retention)
