"""Signing: messages with DKIM signatures, and signed and encrypted with S/MIME."""
