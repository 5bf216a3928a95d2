"""The processes that read hostile bytes: no keys, no database, no network, and a short life when they misbehave.

The daemon starts them; each is a fresh interpreter on one socket pair and gets the bytes of a message, then
what may be known about it, and answers with facts and an outcome. Answers are msgpack checked against
our own types: a worker that was taken over by a message can lie about that message, and nothing else.
A worker over its time is killed; its messages raise ``WorkerLost`` and are tried again alone.
"""

from relay.edge.workers.pool import WorkerPool, WorkerSettings

__all__ = ["WorkerPool", "WorkerSettings"]
