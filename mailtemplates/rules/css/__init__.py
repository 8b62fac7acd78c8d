"""CSS: what the mail clients that a project writes for make of its html and css."""
