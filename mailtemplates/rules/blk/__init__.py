"""Bulk mail."""
