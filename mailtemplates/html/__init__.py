"""HTML: as a tape of text and tags, and as the elements that rules look at."""
