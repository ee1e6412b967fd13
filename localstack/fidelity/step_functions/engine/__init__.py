"""The interpreter of executions: own control flow over MiniStack's data functions.

MiniStack waits where nothing can wake it, gives every retry the same token, and lets an ended execution
go on. Waiting, ending and history are therefore done here; paths, service calls and records stay its own.

Invariants
E1. An execution ends once (`runs.end_run`), and nothing is recorded or started after it.
E2. Whatever waits does so in a `Scope`, so that it stops at once when its execution ends, or the attempt of
    a Parallel or Map state that it belongs to.
E3. A token is answered or closed once (`tokens`): one of two answers at the same time is accepted.
E4. A branch sees the variables from before it and shows its own to nobody.
"""
