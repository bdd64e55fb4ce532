"""Gateway: the door for outside systems, and one address in front of all services.

Owns: the ids of the events it has taken in (`intake`), the readable copy of the dead letters.
Emits: whatever events outside systems send, on the topics of the catalogue; none of its own.
Consumes: `dead-letters`, to show them and let an admin send them in again.
"""
