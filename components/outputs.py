"""What a deploy gives to the stack's outputs."""

from collections.abc import Mapping

OUTPUTS = ("version", "previous_version", "image", "digest", "hosts", "addresses", "accessories")

RunningByHost = Mapping[str, Mapping[str, Mapping[str, str]]]
"""By host and role, what the host says runs there."""

RunningByAccessory = Mapping[str, Mapping[str, Mapping[str, str]]]
"""By accessory and host, what the host says runs there."""
