"""Clocks."""
import msgspec
class Clock(msgspec.Struct, frozen=True):
    """A clock."""
