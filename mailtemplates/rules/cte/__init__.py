"""Transfer encoding and lines."""
