"""The rules of figures: pure, without I/O and without a clock."""
