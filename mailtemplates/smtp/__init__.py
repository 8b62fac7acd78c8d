"""SMTP and LMTP: one link, sessions from a pool, pipelined transactions (RFC 5321, RFC 2033)."""
