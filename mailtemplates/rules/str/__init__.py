"""MIME structure."""
