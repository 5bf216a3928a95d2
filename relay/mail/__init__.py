"""Bytes to objects and back: pure functions over hostile input, run in worker processes."""
