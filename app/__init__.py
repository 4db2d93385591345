"""Handoff: `site.create_app()` makes the application with all faces, `engine.create_engine_app()` one for workers."""
