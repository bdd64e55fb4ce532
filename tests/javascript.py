"""The dashboard's pure modules, run by the JavaScript engine inside the browser driver: no browser, no network."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import playwright

FOLDER: Final = Path(__file__).parents[1] / "services" / "analytics" / "dashboard"
ENGINE: Final = Path(playwright.__file__).parent / "driver" / "node"
SECONDS: Final = 30

# What the language modules ask a page for when they are read.
PAGE: Final = """
const element = { dataset: { zone: "Asia/Shanghai", currency: "CNY" } };
globalThis.document = { documentElement: element, querySelectorAll: () => [] };
Object.defineProperty(globalThis, "navigator", { value: { languages: [given.language ?? "en"] } });
"""


def run(module: str, body: str, given: object = None) -> Any:
    """What a function body returns that sees a module as `it` and a JSON value as `given`.

    Args:
        module: name in the dashboard's folder, such as `periods`.
        body: JavaScript, ending in `return`.
        given: what is handed over.

    Raises:
        AssertionError: the script failed; its words are shown.
    """
    script = f"""
    let text = "";
    for await (const chunk of process.stdin) text += chunk;
    const given = JSON.parse(text) ?? {{}};
    {PAGE}
    const it = await import({json.dumps((FOLDER / f"{module}.js").as_uri())});
    const answer = await (async () => {{ {body} }})();
    process.stdout.write(JSON.stringify(answer ?? null));
    """
    done = subprocess.run(
        [ENGINE, "--no-warnings", "--input-type=module", "--eval", script],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
