"""Kinesis: what a stream keeps."""

from . import retention

BEHAVIOURS = (retention,)
