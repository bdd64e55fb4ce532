"""Reading activities: single objects and pages, always within the caller's row scope; one module a noun.

A single read raises NotFound for what the caller may not see. A page comes
newest first, with the cursor of the next one.
"""
