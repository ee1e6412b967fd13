"""Start MiniStack with every behaviour of the registry, or refuse and say why.

Job: check the version, test that MiniStack is built as the behaviours expect, install them, start it.
Boundary: MiniStack's settings are the launcher's; this reads no environment and no argument.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    # A folder that is run is put on the path itself: its parent is needed, as our modules are `fidelity.*`.
    sys.path[:] = [str(HERE.parent), *(entry for entry in sys.path if Path(entry or ".").resolve() != HERE)]

    from fidelity.frame.refusal import Refusal
    from fidelity.frame.version import check_version

    try:
        check_version()
        install_behaviours()
    except Refusal as refusal:
        sys.exit(f"ERROR: {refusal}")

    from ministack.app import main as start_ministack

    sys.argv = ["ministack"]
    start_ministack()


def install_behaviours() -> None:
    from fidelity.frame.refusal import Refusal
    from fidelity.frame.self_test import HINT, check_needs

    try:
        from fidelity.registry import behaviours
    except (ImportError, AttributeError) as problem:
        raise Refusal(f"A behaviour can't be loaded, as {problem}. {HINT}") from problem

    found = behaviours()
    # All before the first: an installed behaviour is itself no longer what MiniStack had.
    for behaviour in found:
        check_needs(behaviour)
    for behaviour in found:
        behaviour.install()


if __name__ == "__main__":
    main()
