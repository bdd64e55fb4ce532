"""The use cases of activities, one function each, one module a noun: load, decide, save, return."""
