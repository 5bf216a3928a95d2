"""Calendars as stretches of time: the only reader of iCalendar files (RFC 5545), in a process of its own.

``read`` is called by ``relay.rostering`` when the daemon starts, when a file has changed and once a day. A calendar is
exported by anybody's program and may be anything, so it is read like mail: by a child without keys, database or
configuration, within limits of memory, events and time, and from the few properties that say when something is.
What cannot be read raises nothing: it comes back as a sentence with the line.
"""

from relay.edge.calendars.reading import MAX_OCTETS, Job, Trouble, read

__all__ = ["MAX_OCTETS", "Job", "Trouble", "read"]
