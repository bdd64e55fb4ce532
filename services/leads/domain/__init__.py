"""The rules of leads: pure, without I/O and without a clock."""
