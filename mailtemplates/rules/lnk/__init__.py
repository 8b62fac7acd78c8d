"""Links and images of html: where they lead, and whether readers get there."""
