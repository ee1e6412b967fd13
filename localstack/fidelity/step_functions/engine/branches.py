"""Parallel states and inline Map states.

AWS (Developer Guide, "Parallel workflow state", "Map workflow state", "Workflow variables"): when a branch fails,
the state fails with its error and the other branches are stopped; variables set in a branch stay in it; Arguments,
Output and Assign work. At most 40 items of an inline Map run at once (aws-facts.md 1.2).

Stock: waits for every branch; branches share context, token and variables; a JSONata Parallel ignores Arguments,
Output and Assign; no events for the states within.
"""

import contextvars
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ministack.services import stepfunctions as states

from . import query
from .flow import Flow, StateError
from .retries import Output, with_retry_and_catch
from .scope import CURRENT_SCOPE, Ended, Scope
from .tasks import arguments_of, output_of

Walk = Callable[[Flow, Mapping[str, Any], str, Any], Any]
"""(flow, states, the first one's name, input) -> output"""

INLINE_CONCURRENCY = 40


def run_parallel(flow: Flow, state: Mapping[str, Any], data: Any, walk: Walk) -> Output:
    def attempt() -> Output:
        arguments = arguments_of(flow, state, data)
        flow.record("ParallelStateStarted")

        def branch(machine: Mapping[str, Any]) -> Callable[[Scope], Any]:
            return lambda scope: walk(flow.branch(scope), machine["States"], machine["StartAt"], arguments)

        branches = state.get("Branches", ())
        results = run_together(flow, [branch(machine) for machine in branches], len(branches))
        flow.record("ParallelStateSucceeded")
        return output_of(flow, state, data, results)

    return with_retry_and_catch(flow, state, data, attempt)


def run_map(flow: Flow, state: Mapping[str, Any], data: Any, walk: Walk) -> Output:
    machine = state.get("ItemProcessor") or state.get("Iterator") or {}
    if (machine.get("ProcessorConfig") or {}).get("Mode") == "DISTRIBUTED":
        return with_retry_and_catch(flow, state, data, lambda: run_distributed(flow, state, data, machine))

    def attempt() -> Output:
        context = flow.ministack_context()
        effective = data if flow.is_jsonata(state) else states._apply_input_path(state, data, context)
        items = items_of(flow, state, effective)
        flow.record("MapStateStarted", "mapStateStarted", length=len(items))
        name = flow.context["State"]["Name"]

        def iteration(index: int, value: Any) -> Callable[[Scope], Any]:
            def work(scope: Scope) -> Any:
                inner = flow.branch(scope, {"Map": {"Item": {"Index": index, "Value": value}}})
                inner.record("MapIterationStarted", "mapIterationStarted", name=name, index=index)
                given = item_input(inner, state, effective, value)
                try:
                    result = walk(inner, machine["States"], machine["StartAt"], given)
                except StateError:
                    inner.record("MapIterationFailed", "mapIterationFailed", name=name, index=index)
                    raise
                inner.record("MapIterationSucceeded", "mapIterationSucceeded", name=name, index=index)
                return result

            return work

        work = [iteration(index, value) for index, value in enumerate(items)]
        results = run_together(flow, work, concurrency_of(flow, state, effective))
        flow.record("MapStateSucceeded")
        return output_of(flow, state, data, results)

    return with_retry_and_catch(flow, state, data, attempt)


def items_of(flow: Flow, state: Mapping[str, Any], data: Any) -> list[Any]:
    if flow.is_jsonata(state):
        return query.fill_field({"Items": "{% $states.input %}", **state}, "Items", "array", flow, data)
    items = states._resolve_path_or_ctx(state.get("ItemsPath", "$"), data, flow.ministack_context())
    if not isinstance(items, list):
        raise StateError("States.Runtime", f"A Map state's items must be an array, but were: {items!r}")
    return items


def item_input(flow: Flow, state: Mapping[str, Any], data: Any, value: Any) -> Any:
    selector = state.get("ItemSelector") or state.get("Parameters")
    if not selector:
        return value
    if flow.is_jsonata(state):
        return query.fill(selector, flow, data)
    return states._resolve_params_obj(selector, data, flow.ministack_context())


def concurrency_of(flow: Flow, state: Mapping[str, Any], data: Any) -> int:
    if "MaxConcurrencyPath" in state:
        wanted = states._resolve_path_or_ctx(state["MaxConcurrencyPath"], data, flow.ministack_context())
    elif "MaxConcurrency" in state:
        wanted = query.fill_field(state, "MaxConcurrency", "number", flow, data)
    else:
        wanted = 0
    return min(int(wanted) or INLINE_CONCURRENCY, INLINE_CONCURRENCY)


def run_distributed(flow: Flow, state: Mapping[str, Any], data: Any, machine: Mapping[str, Any]) -> Output:
    """As MiniStack does it; its children's states run here again, within the scope of this attempt."""
    context = flow.ministack_context()
    effective = states._apply_input_path(state, data, context)
    return states._run_distributed_map(state, data, effective, machine, flow.run.execution, context)


def run_together(flow: Flow, work: Sequence[Callable[[Scope], Any]], concurrency: int) -> list[Any]:
    """The results in order. The first failure ends the others and is raised without waiting for them."""
    results: list[Any] = [None] * len(work)
    failures: list[BaseException] = []
    todo = iter(range(len(work)))
    lock = threading.Lock()
    finished = threading.Event()
    left = len(work)

    def worker() -> None:
        nonlocal left
        CURRENT_SCOPE.set(scope)
        while not scope.ended:
            with lock:
                index = next(todo, None)
            if index is None:
                return
            try:
                results[index] = work[index](scope)
            except Ended:
                return
            except Exception as failure:
                failures.append(failure)
                finished.set()
                return
            with lock:
                left -= 1
                if left == 0:
                    finished.set()

    if not work:
        return results
    with Scope(flow.scope) as scope:
        for _ in range(min(concurrency, len(work))):
            threading.Thread(target=contextvars.copy_context().run, args=(worker,), daemon=True).start()
        flow.scope.wait(finished)
    if failures:
        raise failures[0]
    return results
