"""Ticketing: local (our own tables) and Deskpro."""
