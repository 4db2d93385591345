"""The service inventory: local (our own table) and a Services API over HTTP."""
