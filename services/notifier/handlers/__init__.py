"""The use cases of the notifier, a module a noun."""
