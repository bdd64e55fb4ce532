"""The HTTP door of the notifier, a module a noun."""

from services.notifier.api import deliveries, replays, subscriptions

routers = [subscriptions.router, deliveries.router, replays.router]
