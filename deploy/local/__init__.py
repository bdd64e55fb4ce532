"""The stack that runs without Docker: real Kafka, a document store, every service, supervised.

`stack` brings it up and down for the command line; `infrastructure` starts only the broker and the
store, for tests; `topology` is the one table of what runs and where.
"""
