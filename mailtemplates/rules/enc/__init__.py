"""Encoded words and parameters."""
