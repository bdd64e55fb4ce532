"""The exact part: facts first, then totals, each written only if nobody else moved it.

1. Every decision is stored as a fact under the event's id before any total
   moves. If the id is taken by a fact of the same place on the log, this is a
   replay: what is stored there holds. If it is of another place, the event is
   a duplicate and counts nothing.
2. Totals carry a mark per source partition: the last offset they hold. A write
   names the mark it was folded from; where that is no longer the mark, the
   store refuses the write, and the caller reads again and folds again.
"""
