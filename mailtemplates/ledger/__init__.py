"""The ledger: what is to be sent and what became of it, on disk before anything can be doubted."""
