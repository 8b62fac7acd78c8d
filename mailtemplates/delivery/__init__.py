"""Delivery: what takes messages, and what it says became of them; every recipient has an outcome."""
