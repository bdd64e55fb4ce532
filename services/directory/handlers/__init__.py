"""The use cases of the directory, one function each, one module a noun: load, decide, save, return."""
