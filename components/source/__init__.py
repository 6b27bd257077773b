"""Which git tree is built, and its version. Both depend only on the content of the Git repository."""

from .committed_file import read_committed_file
from .error_pages import read_error_pages
from .source import Source, SourcePolicy, format_file_list, resolve_source
from .version import is_version

__all__ = [
    "Source",
    "SourcePolicy",
    "format_file_list",
    "is_version",
    "read_committed_file",
    "read_error_pages",
    "resolve_source",
]
