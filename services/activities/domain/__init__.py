"""The rules of activities: pure, without I/O and without a clock."""
