"""Formulas of the heart: waveforms to beats, beats to labels, labels to numbers with their intervals."""
