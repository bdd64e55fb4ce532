"""Visits, plans, routes, attendance, reports and visit frequency, on the real broker and store."""
