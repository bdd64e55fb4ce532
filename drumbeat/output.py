"""How every command speaks: words for a person, one JSON document for a script, an exit code.

Exit codes: 0 done; 1 the answer is no (`status`: not everything is up, `reconcile`: a difference);
2 wrong usage; 3 could not be done, one sentence on standard error says why and what to do;
130 interrupted, 143 told to end.
"""

import json
import os
import sys
from typing import Any

from rich.console import Console

DONE = 0
ANSWER_IS_NO = 1
NOT_DONE = 3
INTERRUPTED = 130
TERMINATED = 143
UNBOUND_WIDTH = 200

# Progress and complaints go to standard error, so that a script reads the answer and nothing else.
progress = Console(stderr=True, highlight=False)
# In a file or a pipe a table is as wide as it needs; a terminal, or COLUMNS, says how much room there is.
answer = Console(highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else UNBOUND_WIDTH)


class Trouble(Exception):
    """A command cannot do what it was asked; its text is the sentence a person reads."""


def print_json(document: Any) -> None:
    """Write `document` to standard output as one JSON document, Chinese text as it is."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
