"""The send step: a message with its envelope, and what the server offers."""
