"""Imports: a CSV file or a workbook of rows, taken in as if each row were a request of its own.

`tables` reads the file, `columns` makes request bodies of its rows, `job` says what an import is and how
it moves on (all three pure), `work` does it step by step so that a kill costs nothing, `api` is the
same door in every service. A service gives an `Importer` for each kind of row it takes:

    Importer("leads", LeadToCreate, create=..., roles=(Role.MANAGER,))

Each row goes through the very handler the API uses, under the idempotency key `import-<import>:<line>`:
what was done before a crash is found again and counts the same. What rows make is tagged with the
import, so alarms they would raise are recorded and not sent.
"""

from backbone.imports.importer import Importer
from backbone.imports.work import Imports, open_imports

__all__ = ["Importer", "Imports", "open_imports"]
