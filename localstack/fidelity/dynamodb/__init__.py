"""DynamoDB: what its expressions cost."""

from . import expressions

BEHAVIOURS = (expressions,)
