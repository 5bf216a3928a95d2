"""``relay init`` and ``relay quickstart``: from nothing to a configuration, its keys, a test letter that went round.

questions   what is asked, as a table: flag, words, usual answer, the key that it fills
asking      from a terminal or from flags to answers that hold; a wrong one gets a sentence
plan        from answers to values of the configuration and the places of files
founding    writes all of it, over nothing, and takes it back when it would not load
    rehearsal   the operator's own configuration on loopback, and a test letter all the way round
    rehearsed   what is other there than in earnest, as a table; the daemon with it
"""
