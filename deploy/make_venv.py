"""Make `.venv` with exactly the packages of requirements.txt. Called by the Makefile when that file changes.

Runs on the machine's own Python, before anything is installed, so it must be readable by old versions: the first thing
it does is to say that one of them is too old.
"""

import os
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, ".installed")


def main():  # type: () -> int
    trouble = too_old() or no_ensurepip()
    if trouble:
        sys.stderr.write(trouble + "\n")
        return 1
    if not works():
        print("Making .venv with Python " + version())
        if subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]):
            sys.stderr.write("The folder .venv could not be made; the lines above say why.\n")
            return 1
    print("Installing the packages of requirements.txt")
    if install():
        sys.stderr.write("The packages could not be installed; the lines above say why.\n")
        return 1
    with open(STAMP, "w") as stamp:
        stamp.write(version() + "\n")
    return 0


def version():  # type: () -> str
    return "{}.{}".format(*sys.version_info)


def too_old():  # type: () -> str
    if sys.version_info >= OLDEST:
        return ""
    oldest = "{}.{}".format(*OLDEST)
    return f"Handoff needs Python {oldest} or newer, and {sys.executable} is {version()}: set PYTHON to a newer one."


def no_ensurepip():  # type: () -> str
    """Debian and Ubuntu ship Python without it: a venv made then has no pip."""
    try:
        import ensurepip  # noqa: F401, PLC0415
    except ImportError:
        package = f"python{version()}-venv"
        return f"This Python cannot make a virtual environment: install it with “apt-get install {package}”."
    return ""


def works():  # type: () -> bool
    """The .venv there is runs, with pip, on the Python version of today."""
    if not os.path.exists(PYTHON):
        return False
    ask = "import sys, pip; print('{}.{}'.format(*sys.version_info))"
    try:
        told = subprocess.check_output([PYTHON, "-c", ask], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    return told.decode().strip() == version()


def install():  # type: () -> int
    """Only what the lock file names, checked by hash, and nothing that would have to be built."""
    strict = ["--require-hashes", "--only-binary", ":all:", "--no-deps"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    requirements = os.path.join(ROOT, "requirements.txt")
    return subprocess.call([PYTHON, "-m", "pip", "install"] + strict + quiet + ["-r", requirements])  # noqa: RUF005


if __name__ == "__main__":
    sys.exit(main())
