"""Write what is generated from the event models, or say what is stale.

Exit code 0: all is fresh. 1: something is stale (with --check), or a schema would break its version and so nothing
is written.
"""

import argparse
import sys

from backbone.contract.generate.files import breaking, generated_files, stale, write


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m backbone.contract.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name what is stale")
    check = parser.parse_args().check
    files = generated_files()
    breaks = breaking(files)
    old = stale(files)
    for sentence in breaks:
        sys.stderr.write(f"{sentence}\n")
    if check:
        for path in old:
            sys.stderr.write(f"{path} is stale: run make generate\n")
        return 1 if old or breaks else 0
    if breaks:
        return 1
    write({path: files[path] for path in old})
    for path in old:
        sys.stdout.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
