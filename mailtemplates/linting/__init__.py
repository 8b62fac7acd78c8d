"""Linting: what a rule is, which rules run, and what becomes of their findings."""
