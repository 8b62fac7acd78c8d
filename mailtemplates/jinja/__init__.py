"""The source of templates: syntax trees with exact places, names and types followed, branches, traced output."""
