"""Measurements that anyone can repeat: how fast we relay, beside Postfix, in one run. See ``README.md``."""
