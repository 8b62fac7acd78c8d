"""URLs and their hosts, and the links of a body."""
