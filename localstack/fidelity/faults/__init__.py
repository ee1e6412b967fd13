"""Fault injection: any dependency of a live system can be made to fail, on request; off by default."""

from . import injection

BEHAVIOURS = (injection,)
