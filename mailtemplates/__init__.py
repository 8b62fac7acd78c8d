"""Email templates that are right before they are sent, and can prove it."""
