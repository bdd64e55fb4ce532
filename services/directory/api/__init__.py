"""The HTTP door of the directory, a module a noun."""

from services.directory.api import keys, members, teams

routers = [members.router, teams.router, keys.router]
