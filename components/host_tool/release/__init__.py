"""The work of a release: its image, its container, its health, and what becomes of the old ones."""
