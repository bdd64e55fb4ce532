"""Visits, follow-ups and complaints on the real store and the real broker."""

from tests.sharing import asking, hearing, people, served, settings

__all__ = ["people", "settings"]

services = served("directory", "activities")
activities = asking("activities")
log = hearing("activities", "complaints")
