"""The toolchain's error."""


class ToolchainError(Exception):
    """Something that the user can fix; the message says what is wrong and what to do."""
