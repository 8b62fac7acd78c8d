"""Octets as they are: messages read without repairing anything, by grammars that say where and what is wrong."""
