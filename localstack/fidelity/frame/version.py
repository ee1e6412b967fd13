"""Only the MiniStack that the behaviours were written for is started."""

from importlib.metadata import PackageNotFoundError, version

from .refusal import Refusal

SUPPORTED = "1.5.33"


def check_version() -> None:
    """Raises Refusal unless exactly the supported version is installed."""
    try:
        found = version("ministack")
    except PackageNotFoundError:
        found = "none"
    if found == SUPPORTED:
        return
    raise Refusal(
        f"localstack/fidelity replaces private parts of MiniStack {SUPPORTED}, and found {found}. "
        f"Allowed: exactly {SUPPORTED}. Put `ministack=={SUPPORTED}` back into localstack/requirements.in and "
        "make requirements.txt from it (localstack/README.md), or, to move to another version: change SUPPORTED "
        "in localstack/fidelity/frame/version.py, start, correct each behaviour that the self-test names, and run "
        "`npm run test:contract`."
    )
