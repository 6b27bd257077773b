"""Which tree is built and what it is called: a pure function of the Git repository."""

from .source import Source, SourcePolicy, listed, resolve_source

__all__ = ["Source", "SourcePolicy", "listed", "resolve_source"]
