"""Visits, follow-ups and complaints on the real store and the real broker."""
