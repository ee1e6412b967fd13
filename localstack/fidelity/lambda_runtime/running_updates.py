"""An update or a removal of a function lets the invocations that are running end.

AWS: invocations go on with the code and configuration from before (docs.aws.amazon.com/lambda/latest/dg/
functions-states.html, "Function states while updating").
Stock: it ends their processes at once, so that a deployment fails whatever is running.
"""

from ministack.core import lambda_runtime as runtime
from ministack.services import lambda_svc as functions

from fidelity.frame.behaviour import Need

MODULE = "ministack.core.lambda_runtime"
NEEDS = (
    Need(MODULE, "invalidate_worker", parameters="func_name, qualifier=None, account=None, region=None"),
    Need(MODULE, "release_worker", parameters="worker"),
    Need(MODULE, "kill_workers", parameters="workers"),
    Need(MODULE, "_worker_key", parameters="func_name, config, qualifier"),
    Need(MODULE, "_workers"),
    Need(MODULE, "_lock"),
)

replaced: set[runtime.Worker] = set()
"""Out of their pools, still answering. Guarded by the lock of the pools."""


def install() -> None:
    for module in (runtime, functions):
        module.invalidate_worker = invalidate
        module.release_worker = release


def invalidate(
    func_name: str, qualifier: str | None = None, account: str | None = None, region: str | None = None
) -> None:
    wanted = (account, region, func_name, qualifier)
    with runtime._lock:
        keys = [
            key
            for key in runtime._workers
            if all(want in (None, is_) for want, is_ in zip(wanted, key.split(":"), strict=True))
        ]
        workers = [worker for key in keys for worker in runtime._workers.pop(key)]
        busy = [worker for worker in workers if worker.in_use]
        replaced.update(busy)
    runtime.kill_workers([worker for worker in workers if worker not in busy])


def release(worker: runtime.Worker | None) -> None:
    if worker is None:
        return
    with runtime._lock:
        worker.in_use = False
        ends = worker in replaced
        replaced.discard(worker)
    if ends:
        runtime.kill_workers([worker])
