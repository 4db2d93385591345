"""Stand-ins for the far systems: one real HTTP server, to run Handoff against and to break.

It answers as an NCA actions API (/nca), a Deskpro help desk (/deskpro) and a Services API (/inventory), does each
effect once per Idempotency-Key, and counts effects in a file that outlives it. /_control reads the count and orders
faults; see `control.py`.
"""
