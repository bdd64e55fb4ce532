"""Imports: other systems' files told as events, through the gateway like any outside publisher.

A reader checks a whole file and tells it as events, without asking anybody; the sender
delivers them. Ids and contents follow from the file alone, so importing it again changes
nothing: every event is a duplicate. Every event carries the import's tag, so alerts it
would raise are recorded and not sent.
"""
