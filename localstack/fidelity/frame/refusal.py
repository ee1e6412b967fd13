"""The one error that ends the start with a message instead of a traceback."""


class Refusal(Exception):
    """Says what was found, what is allowed, and what to do."""
