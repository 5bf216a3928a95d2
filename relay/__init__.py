"""relay: a secure e-mail relay between people who ask for help and the peer counselors who answer them.

The architecture in one page. RFC 5598 §5 calls us a Mediator: we take delivery of a message and post a
*new* one. Nothing received is ever edited and passed on.

Tiers, imports go down only (checked by import-linter)::

    cli      commands                                    app      composition root, signals
    edge     smtp_in  smtp_out  dkim  rspamd  workers  store   I/O; one third-party library per file or folder
    flow     accept  route  compose  deliver  duty       use cases over small protocols (ports)
    mail     parse  content  rebuild  gate  notices      pure: bytes and objects
    domain   addresses  aliases  rota  state tables      pure: the helpline's own rules

The way of a message, the same in both directions::

    1 edge.smtp_in     limits, strict grammar, known recipient or 550
    2 flow.accept      sealed envelope and content committed, then 250
    3 flow.route       lease the entry, look up what may be known
    4 mail.parse       bytes -> Mail                               \\
    5 flow.stages      may it pass?                                 | in a worker process without
    6 mail.rebuild     the author's words -> a new message          | keys, database or network
    7 mail.gate        search the finished bytes for every secret  /  then ONE transaction
    8 flow.deliver     the next hop, until delivered or somebody is told

Who may see a real address: ``edge.store`` (sealed at rest), ``flow.route`` and the workers (to know whose
words to mask), ``edge.smtp_out`` (RCPT TO), ``edge.rspamd`` (a sender, where the operator has a filter).
Everywhere else it is redacted by its type.
"""

__version__ = "0.1.0"
