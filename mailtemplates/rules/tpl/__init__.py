"""Template source and data contract."""
