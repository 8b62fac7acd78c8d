"""Templates rendered: sinks, loaders, data contracts, catalogs, the sandbox."""
