"""Directory: who belongs to the organisation, who may call, who stands in for whom, what is to be reached.

Owns: members, teams (a tree), work groups, territories, delegations, shifts and days off, targets, API keys.
Emits: member-joined, member-moved, member-changed, member-left, duty-changed, delegation-started, delegation-ended,
team-changed, group-changed, territory-changed, target-proposed, target-returned, target-set on `directory`.
Consumes: member-joined, member-moved, member-left and team-changed from outside systems (an HR system, an import),
which it adopts.
"""
