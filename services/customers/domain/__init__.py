"""The rules of customers and deals: pure, without I/O and without a clock."""
