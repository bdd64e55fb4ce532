"""Reading customers, pipelines and deals, one module a noun; customers and deals always within the caller's row scope.

A single read raises NotFound for what the caller may not see. A page comes
newest first, with the cursor of the next one.
"""

from services.customers.queries.customers import customer, customers, lookup
from services.customers.queries.deals import deal, pipeline, pipelines

__all__ = ["customer", "customers", "deal", "lookup", "pipeline", "pipelines"]
