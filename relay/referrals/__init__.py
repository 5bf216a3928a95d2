"""Referrals for the operator: reading directories in the forms that exist, searching them, keeping them true.

``command`` is what the command line calls. The readers (``hsds3``, ``hsds1``, ``ohana``, ``sheet``, ``helplines``)
are pure: octets of files in, entries and findings out. ``archive`` gets the octets, within bounds; ``importing``
takes entries into the store. Nothing is ever fetched from the network, and no reader raises because of what a file
says: a row that cannot be used is a finding with file, line, column and reason, and the others go in.
"""
