"""The use cases of leads: one module a noun, one function a use case."""
