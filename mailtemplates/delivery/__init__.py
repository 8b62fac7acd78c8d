"""Delivery: sessions with mail servers, and an outcome for every recipient."""
