"""The linter's own."""
