"""Pure numbers in, pure numbers out: no clock, file, network or global is touched here."""
