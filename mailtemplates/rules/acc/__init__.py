"""Accessibility: what a screen reader, and a reader with weak sight, get of the message."""
