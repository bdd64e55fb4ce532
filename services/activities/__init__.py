"""Activities: what members do in the field, and the complaints customers raise.

Owns: visits, follow-ups, the plans of both, shifts, reports, visit frequency; complaints.
Emits: visit-planned, -replanned, -cancelled, -missed, -started, -logged, -voided, follow-up-planned, -replanned,
    -cancelled, -missed, -logged, -voided, shift-started, -ended, report-filed, -missed, -commented on `activities`;
    complaint-opened, -assigned, -replied, -paused, -resumed, -resolved, -reopened, -closed on
    `complaints`.
Consumes: `customers` and `activities` for the view of visit frequency. Members are looked up in the
    directory, customers' places in the customers service.
"""
