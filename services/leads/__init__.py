"""Leads: who may become a customer, from first sight on.

Owns: leads with the data to reach them, which never leave this service in an event.
Emits: lead-created on `leads`.
Consumes: lead-created from outside systems (a web form, an import), which it adopts; members
    are looked up in the directory.
"""
