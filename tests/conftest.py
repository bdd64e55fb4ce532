"""Fixtures every layer may use; where they come from is told in `backbone.testing`."""

import hypothesis

from backbone.testing import kafka, mongo, namespace, settings

__all__ = ["kafka", "mongo", "namespace", "settings"]

# How long an example takes is the machine's affair, and a build server is a noisy machine: a test
# that hangs is ended by pytest-timeout. A failure prints what runs the same example again.
hypothesis.settings.register_profile(
    "drumbeat", deadline=None, print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("drumbeat")
