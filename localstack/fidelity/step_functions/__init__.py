"""Step Functions: what an execution promises about time, tokens and its end."""

BEHAVIOURS = ()
