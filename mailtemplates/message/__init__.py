"""Messages as they are written: attachments, transfer encodings, entities, and the whole."""
