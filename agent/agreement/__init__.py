"""Agreement between raters or instruments: what a table of ratings says, with its interval."""
