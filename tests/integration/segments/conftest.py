"""Segments, grading rules and merged customers, on the real store and the real log."""

from tests.sharing import asking, hearing, people, served, settings

__all__ = ["people", "settings"]

services = served("directory", "customers")
customers = asking("customers")
log = hearing("customers")
