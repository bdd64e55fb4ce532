"""Segments, grading rules and merged customers, on the real store and the real log."""
