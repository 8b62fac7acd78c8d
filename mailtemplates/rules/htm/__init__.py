"""Html as a document: its form, what is in it that no client runs, and its size."""
