"""``relay init``: from nothing to a configuration that holds, and its keys.

questions   what is asked, as a table: flag, words, usual answer, the key that it fills
asking      from a terminal or from flags to answers that hold; a wrong one gets a sentence
plan        from answers to values of the configuration and the places of files
founding    writes all of it, over nothing, and takes it back when it would not load
"""
