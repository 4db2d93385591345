"""Builds the two files that pages load: app/static/handoff.js (vendored htmx, then our own) and app/static/handoff.css.

Plain concatenation, so what runs in the browser is what stands in app/static/src. One script, because separate deferred
scripts can start in an order that loses the live connection. Run it after every edit there; a test compares.

    python deploy/assets.py           write both
    python deploy/assets.py --check   exit 1 if one is not current
"""

import gzip
import hashlib
import sys
from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "app" / "static"
HTMX = "vendor/htmx-4.0.1.min.js"
HTMX_SHA256 = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"
SCRIPTS = (
    "announce",
    "focus",
    "forms",
    "copy",
    "dialogs",
    "palette",
    "lists",
    "keys",
    "requests",
    "presence",
    "stream",
    "live",
)
STYLES = ("tokens", "base", "frame", "controls", "matter", "progress", "desk", "item", "reports", "portal", "print")
LIMITS = {"handoff.js": 25 * 1024, "handoff.css": 30 * 1024}  # bytes, gzipped
HEAD = "/* Handoff. Made by deploy/assets.py from the files named below: edit those, not this. */\n"


def sources(name: str) -> list[str]:
    """Paths under app/static that make up the bundle `name`, in loading order."""
    if name == "handoff.js":
        return [HTMX, *(f"src/js/{part}.js" for part in SCRIPTS)]
    return [f"src/css/{part}.css" for part in STYLES]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def bundle(name: str) -> str:
    """The text of a bundle. Raises `SystemExit` if the vendored htmx is not the pinned one."""
    if sha256(STATIC / HTMX) != HTMX_SHA256:
        raise SystemExit(f"app/static/{HTMX} is not the file that docs/assets.md pins. Fetch it again.")
    return HEAD + "".join(f"/* {path} */\n{(STATIC / path).read_text().strip()}\n" for path in sources(name))


def gzipped(text: str) -> int:
    """Bytes of `text` on the wire, gzip level 9."""
    return len(gzip.compress(text.encode(), 9, mtime=0))


def is_current(name: str) -> bool:
    target = STATIC / name
    return target.exists() and target.read_text() == bundle(name)


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        old = [name for name in LIMITS if not is_current(name)]
        for name in old:
            print(f"app/static/{name} is not current: run  python deploy/assets.py", file=sys.stderr)
        return 1 if old else 0
    for name, limit in LIMITS.items():
        (STATIC / name).write_text(bundle(name))
        print(f"app/static/{name}: {gzipped(bundle(name))} of {limit} bytes gzipped")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
