"""`wardbeat analyze --signal eda|acc`: numbers of skin conductance and acceleration, offline; they are no features."""
