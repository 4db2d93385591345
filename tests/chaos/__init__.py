"""Orders go through real processes while these are killed, frozen and cut off; then the far side is counted.

`python -m tests.chaos --short|--long [--db sqlite|postgresql]`, or the short one as a test.
"""
