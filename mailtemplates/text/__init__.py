"""Plain text: made from html, wrapped, and what is told from its words."""
