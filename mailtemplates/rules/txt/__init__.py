"""The plain text beside the html."""
