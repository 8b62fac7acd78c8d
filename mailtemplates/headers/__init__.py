"""Header fields as they are written: addresses, dates, encoded words, folding."""
