"""The outbox: sending by a ledger, again where that is safe, and never twice."""
