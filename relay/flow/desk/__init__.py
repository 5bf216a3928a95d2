"""Counselors' commands: from the lines of a mail to effects, texts and one receipt.

    mail.commands     the lines that are commands, or what is unclear about them
    domain.commands   the verbs and their arguments
    desk.lookup       in the daemon: what these commands need to see (``Known.desk``, ``Known.inserts``)
    desk.hearing      in the worker: check all of them, then do all or nothing
    desk.dispatch     one handler for each command; handlers live in files by subject
    flow.effects      what changes, as values; ``edge.store.effects`` writes them

All or nothing: when one line is unclear or refused, nothing is relayed, nothing changes, and the mail goes back to
its author with the reason and their words. Commands are obeyed only from who may speak through the alias (the stages
have seen to that) or, at ``desk@``, from who has proven it or confirms it by an answer to the registered address.
"""
