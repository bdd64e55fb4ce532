"""What may not be told of an object's fields; pure, so that domains can mark their fields by it."""

from types import MappingProxyType
from typing import Final

personal: Final = MappingProxyType({"personal": True})
"""Marks a dataclass field that holds a person's data: `phone: str = field(metadata=personal)`.

The audit says that it changed, never its values, so that a person can be forgotten in one place.
"""

secret: Final = MappingProxyType({"secret": True})
"""Marks a field that opens something (a key's hash, a signing secret): its values are told to nobody either."""
