"""Network automation: actions become configuration; run here on simulated switches, or by an NCA over HTTP."""
