"""What an operator looks at and moves every day: ``relay status``, ``queue``, ``top``, ``trace`` and ``reveal``.

Each command reads the store, so that it works beside a daemon and without one; rates and connections, which only the
daemon knows, come from its metrics where ``[metrics]`` is on. Shown are counts, times, states, ids of ours and
pseudonyms. An address is shown by ``reveal`` alone.

    arguments   what each command takes           overview   all that is known at one instant, read once
    status, queue, top, trace, reveal             words      states and causes in words
                                                  showing    ages, tables, JSON
"""
