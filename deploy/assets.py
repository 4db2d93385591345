"""Builds the one script that pages load: app/static/handoff.js = vendored htmx, then our own files, in this order.

Plain concatenation, so what runs in the browser is what stands in app/static/src. One file, because separate deferred
scripts can start in an order that loses the live connection. Run it after every edit there; a test compares.

    python deploy/assets.py           write the bundle
    python deploy/assets.py --check   exit 1 if the bundle is not current
"""

import gzip
import hashlib
import sys
from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "app" / "static"
BUNDLE = STATIC / "handoff.js"
HTMX = "vendor/htmx-4.0.1.min.js"
OWN = ("announce", "focus", "forms", "copy", "dialogs", "lists", "keys", "requests", "live")
PINNED = {
    HTMX: "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
}
JS_LIMIT, CSS_LIMIT = 25 * 1024, 30 * 1024  # bytes, gzipped (design page 3, acceptance check 15)


def sources() -> list[str]:
    """Paths under app/static that make up the bundle, in loading order."""
    return [HTMX, *(f"src/{name}.js" for name in OWN)]


def bundle() -> str:
    """The text of the bundle. Raises `SystemExit` if a vendored file is not the pinned one."""
    for path, pinned in PINNED.items():
        if hashlib.sha256((STATIC / path).read_bytes()).hexdigest() != pinned:
            raise SystemExit(f"app/static/{path} is not the file that docs/assets.md pins. Fetch it again.")
    head = "/* Handoff. Made by deploy/assets.py from the files named below: edit those, not this. */\n"
    return head + "".join(f"/* {path} */\n{(STATIC / path).read_text().strip()}\n" for path in sources())


def gzipped(text: str) -> int:
    """Bytes of `text` on the wire, gzip level 9."""
    return len(gzip.compress(text.encode(), 9, mtime=0))


def main(arguments: list[str]) -> int:
    text = bundle()
    if "--check" in arguments:
        if BUNDLE.exists() and BUNDLE.read_text() == text:
            return 0
        print("app/static/handoff.js is not current: run  python deploy/assets.py", file=sys.stderr)
        return 1
    BUNDLE.write_text(text)
    css = (STATIC / "handoff.css").read_text()
    print(f"handoff.js {gzipped(text)} of {JS_LIMIT} bytes gzipped, handoff.css {gzipped(css)} of {CSS_LIMIT}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
