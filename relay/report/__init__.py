"""``relay report``: what funders ask for, of months that are over, as text, CSV, JSON and one page for a browser.

Beside the tiers, like ``relay.explain``. Shows what ``domain.statistics`` has published and computes from that alone:
no format, no range of months and no second look can tell more than another.
"""
