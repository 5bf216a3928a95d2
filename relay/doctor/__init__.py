"""``relay check --live``: the doctor, who tries out what only shows outside of the files.

    findings   what it says: a level, what is so, why it matters, what to do
    around     what a probe may ask: settings, the time, the DNS, the web
    probes     the table of probes, in the order in which they are shown
    command    asks them all at a time, and prints

One file for each subject: ``look`` gathers facts, which is all the I/O, and ``judge`` makes findings of them, which is
pure. Nothing is changed but a file that is written and removed beside the database, and a letter of its own in a
mailbox at a provider's. No finding names a person; counselors are told by their ids.
"""
