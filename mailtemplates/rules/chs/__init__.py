"""Character sets."""
