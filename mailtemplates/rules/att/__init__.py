"""Inline parts and attachments."""
