"""Complaints on the real store and the real broker."""
