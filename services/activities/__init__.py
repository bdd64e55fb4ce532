"""Activities: what members do in the field, and the complaints customers raise.

Owns: visits, follow-ups, the plans of both, shifts, reports, visit frequency; complaints with
    their policies, assignment rules and web forms, the knowledge base, satisfaction surveys.
Emits: visit-planned, -replanned, -cancelled, -missed, -started, -logged, -voided, follow-up-planned, -replanned,
    -cancelled, -missed, -logged, -voided, shift-started, -ended, report-filed, -missed, -commented on `activities`;
    complaint-opened, -judged, -assigned, -replied, -paused, -resumed, -resolved, -reopened, -closed, -merged,
    satisfaction-rated on `complaints`.
Consumes: `customers` and `activities` for the view of visit frequency; `complaints`, as outside systems tell of
    them, to adopt them. Members are looked up in the
    directory, customers' places in the customers service.
"""
