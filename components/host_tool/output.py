"""Text for the person who deploys: short lines of valid UTF-8.

Pulumi's command plugin hangs on a shown line of 64 KiB or more, and fails a command that wrote anything but UTF-8. So
everything that a container, a hook or Docker says goes through here. Imports no other module of this package: see script.py.
"""

from collections.abc import Iterator
from typing import IO, Union

LONGEST_LINE = 300
"""Characters of a line that are shown."""

READ_AT_ONCE = 65536


def printable(text: Union[str, bytes]) -> str:
    """Return a line without bytes that are not UTF-8, without control characters, and cut to `LONGEST_LINE`."""
    if isinstance(text, bytes):
        # A character has at most 4 bytes.
        text = text[: 4 * LONGEST_LINE].decode(errors="ignore")
    return "".join(character for character in text if character.isprintable() or character == "\t")[:LONGEST_LINE]


def lines_of(stream: IO[bytes]) -> Iterator[str]:
    """Yield the lines of a stream as they come, each printable. The rest of an endless line is read and dropped."""
    while line := stream.readline(READ_AT_ONCE):
        shown = printable(line)
        while line and not line.endswith(b"\n"):
            line = stream.readline(READ_AT_ONCE)
        yield shown


def last_lines(text: str, number: int) -> list[str]:
    """Return the last lines of a text that are not empty, each printable."""
    return [printable(line) for line in text.splitlines() if line.strip()][-number:]
