"""One message for each row of a file: rows read, messages made by several processes, what failed written down."""
