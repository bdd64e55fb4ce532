"""The HTTP door of the directory, a module a noun."""

from backbone.imports import api as imports
from backbone.saga import api as sagas
from services.directory.api import delegations, duties, groups, keys, leaving, members, targets, teams, territories

routers = [
    members.router,
    leaving.router,
    duties.router,
    delegations.router,
    teams.router,
    groups.router,
    territories.router,
    targets.router,
    keys.router,
    sagas.router,
    imports.router,
]
