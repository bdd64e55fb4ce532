"""Customers and deals on the real store and the real broker."""

from tests.sharing import asking, hearing, people, served, settings

__all__ = ["people", "settings"]

services = served("directory", "customers")
customers = asking("customers")
log = hearing("customers", "deals")
