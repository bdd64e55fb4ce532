"""The HTTP door of the directory, a module a noun."""

from backbone.saga import api as sagas
from services.directory.api import keys, leaving, members, teams

routers = [members.router, leaving.router, teams.router, keys.router, sagas.router]
