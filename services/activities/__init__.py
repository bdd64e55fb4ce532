"""Activities: what members do in the field, and the complaints customers raise.

Owns: visits, follow-ups, complaints.
Emits: visit-logged, visit-voided, follow-up-logged, follow-up-voided on `activities`;
    complaint-opened, -assigned, -replied, -paused, -resumed, -resolved, -reopened, -closed on
    `complaints`.
Consumes: nothing; members are looked up in the directory.
"""
