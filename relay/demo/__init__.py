"""``relay demo``: one whole conversation through the real daemon, both views side by side, and a search for leaks.

Starts ``relay run`` as a process of its own on loopback ports, with an embedded database in a temporary
folder, and a next hop that keeps what it is given. Everything ends with it; nothing is left behind.
"""

from relay.demo.play import play

__all__ = ["play"]
