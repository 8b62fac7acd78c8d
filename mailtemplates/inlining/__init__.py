"""CSS inlining: plans made once, spliced into the html ever after."""
