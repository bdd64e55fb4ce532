"""The rules of the door: pure, without I/O and without a clock."""
