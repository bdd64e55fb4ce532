"""Fixtures every layer may use; where they come from is told in `backbone.testing`."""

from backbone.testing import kafka, mongo, namespace, settings

__all__ = ["kafka", "mongo", "namespace", "settings"]
