"""A pipeline as the funnel sees it: its stages in their order."""

import msgspec


class Pipeline(msgspec.Struct, frozen=True):
    """The stages of a pipeline.

    Args:
        stages: their codes, in order.
        sequence: the highest version told so far, where the sender gave any.
    """

    stages: tuple[str, ...]
    sequence: int | None = None
