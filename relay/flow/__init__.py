"""Use cases: read one snapshot, decide purely, write once."""
