"""Customers: who buys from us, whom we know there, and the deals with them.

Owns: customers with their contacts, pipelines, deals with their payments.
Emits: customer-created, -graded, -owner-changed, contact-added, contact-removed on `customers`;
    deal-opened, stage-changed, deal-revised, deal-won, deal-lost, deal-reopened, payment-received
    on `deals`.
Consumes: nothing; members are looked up in the directory.
"""
