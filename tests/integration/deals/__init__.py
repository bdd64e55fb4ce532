"""Pipelines that change, and the money behind deals, on the real store and the real log."""
