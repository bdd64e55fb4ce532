"""Subscriptions, their deliveries and replays, with the real broker, store and directory and a receiver of our own."""
