"""CSS: style sheets, selectors, the cascade, properties, colours."""
