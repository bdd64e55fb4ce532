"""Notifier: carries alerts and events to the people and systems that subscribed to them.

Owns: subscriptions, deliveries with every attempt, replays.
Emits: nothing; what it sends goes out through its channels (webhooks).
Consumes: `alerts` and the owners' topics in the group `notifier`, and the tree of teams from `directory`.
"""
