"""The use cases of customers and deals, one function each, one module a noun: load, decide, save, return."""
