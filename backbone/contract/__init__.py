"""The words services speak to each other in: envelope, event models, catalogue and codec (pydantic and stdlib only)."""
