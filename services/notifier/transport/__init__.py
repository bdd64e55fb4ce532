"""The channels: each carries a message out of the house and says what came of it."""
