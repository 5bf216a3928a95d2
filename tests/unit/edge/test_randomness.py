"""The pool of random octets: as good as the kernel's, never twice the same."""

from __future__ import annotations

import os
import threading

from relay.edge.randomness import POOL_OCTETS, Pool


def test_it_gives_as_many_octets_as_asked_for() -> None:
    """Also none, and also more than the pool holds."""
    pool = Pool()
    for count in (0, 1, 12, 16, POOL_OCTETS, POOL_OCTETS + 1, 3 * POOL_OCTETS):
        assert len(pool(count)) == count


def test_nothing_is_handed_out_twice() -> None:
    """Across refills, too: the same nonce twice under one key would undo the sealing."""
    pool = Pool()
    portions = [pool(16) for _ in range(3 * POOL_OCTETS // 16 + 5)]
    assert len(set(portions)) == len(portions)


def test_threads_do_not_share_octets() -> None:
    """The event loop and the writing thread both take nonces."""
    pool = Pool()
    taken: list[list[bytes]] = [[] for _ in range(4)]

    def take(into: list[bytes]) -> None:
        into.extend(pool(12) for _ in range(5000))

    threads = [threading.Thread(target=take, args=(into,)) for into in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [portion for into in taken for portion in into]
    assert len(set(everything)) == len(everything) == 20_000


def test_a_forked_process_does_not_repeat_its_parent() -> None:
    """A child that went on with the parent's pool would use the same keys."""
    pool = Pool()
    pool(16)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, pool(32))
        os._exit(0)
    theirs = os.read(reading, 32)
    os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    assert pool(32) != theirs
