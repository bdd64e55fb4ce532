"""Directory: who belongs to the organisation, and who may call.

Owns: members, teams (a tree), API keys.
Emits: member-joined, member-moved, member-left, team-changed on `directory`.
Consumes: the same four from outside systems (an HR system, an import), which it adopts.
"""
