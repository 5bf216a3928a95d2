"""Who wrote a message, as far as the world can prove it: SPF, DKIM and DMARC, evaluated by us. Pure.

    lookups      the questions to the DNS, and how they can be answered
    spf          may this client send for this domain (RFC 7208)
    spf_record   what such a domain publishes
    spf_macros   the little language in it
    dkim         does a signature cover this message, and whose is it (RFC 6376, RFC 8301)
    dmarc        does either speak for the domain in From (RFC 7489)
    reported     what a host of our own has found out already (RFC 8601)

None of them asks anybody: what the DNS says is looked up by ``edge.dns`` and comes in as values.
"""
