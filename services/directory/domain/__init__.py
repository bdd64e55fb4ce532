"""The rules of the directory: pure, without I/O and without a clock."""
