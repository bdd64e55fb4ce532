"""Customers and deals on the real store and the real broker."""
