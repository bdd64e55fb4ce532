"""Analytics: the log turned into live, exact, explained figures.

Owns: facts, standings, deals and pipelines (as the funnel sees them), funnels, complaint clocks.
Emits: board-changed and funnel-changed on `boards`; alert-raised and alert-cleared on `alerts`;
    event-rejected on `dead-letters`.
Consumes: `leads`, `customers`, `deals`, `activities`, `complaints`, `directory`.
"""
