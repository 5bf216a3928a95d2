"""The processes that read hostile bytes: no keys, no database, no network, and a short life when they misbehave.

The daemon starts them (``pool``); each is a fresh interpreter (``child``) on one socket pair and gets the bytes of a
message, then what may be known about it, and answers with facts and an outcome (``wire``). Answers are msgpack checked
against our own types: a worker that was taken over by a message can lie about that message, and nothing else.
A worker over its time is killed; its messages raise ``WorkerLost`` and are tried again alone.

Nothing is imported here: what a child does not need would lie beside what it reads, and costs a quarter of its start.
"""
