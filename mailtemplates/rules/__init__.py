"""The rules: a folder a family, a file a rule. A new file is a new rule; nothing is registered elsewhere."""
