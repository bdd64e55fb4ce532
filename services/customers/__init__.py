"""Customers: who buys from us, whom we know there, and the deals with them.

Owns: customers with their contacts, groups of companies, segments, grading rules; pipelines, deals with
    their quotes, contracts, payment plans and payments.
Emits: customer-created, -graded, -revised, -tagged, -parent-changed, -shared, -owner-changed, -merged,
    -unmerged, contact-added, -revised, -removed on `customers`; every type on `deals`.
Consumes: what outside systems tell on `customers` and `deals`, which it adopts; visits, follow-ups and
    deals, whoever tells of them, for the facts that segments and grades are asked by. Members are looked
    up in the directory, a customer's overview asks activities.
"""
