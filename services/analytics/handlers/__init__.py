"""The worker's use cases: fold a round of batches, look at the clocks, tell what changed."""
