"""The signature under our own mail: DKIM (RFC 6376), by RSA, by Ed25519, or by both.

    keys       key files: make them, read them, and the record that publishes each
    signature  a message to the field that signs it
    carrier    signs what is on its way to the next hop

Signing is the last thing that happens to a message, in the daemon itself: the workers, which read hostile bytes,
never hold a key. Both algorithms are deterministic and no time is in a signature, so every attempt sends the same
octets as long as the key is the same.
"""
