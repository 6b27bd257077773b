"""`boot`: how many hosts switch at a time."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from .model import SettingsModel
from .values import Seconds, format_value

LIMIT_PATTERN = r"[1-9][0-9]{0,3}|[1-9][0-9]?%|100%"


def _check_limit(value: Any) -> Any:
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(LIMIT_PATTERN, text):
        raise ValueError(
            f'must be a number of hosts (1 or more) or a percentage such as "25%", not {format_value(value)}'
        )
    return text


BootLimit = Annotated[
    str,
    BeforeValidator(_check_limit),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": f"^({LIMIT_PATTERN})$"}]}
    ),
]


class BootSettings(SettingsModel):
    """The rolling switch to a new version."""

    limit: BootLimit | None = Field(
        default=None, description="How many hosts, or which percentage of them (`25%`), switch at a time. Default: all."
    )
    wait: Seconds = Field(default=0, description="Seconds to wait between two groups of hosts.")

    def groups(self, hosts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """Return the hosts in groups that switch together. A percentage is rounded down, but to no less than 1 host."""
        if self.limit is None:
            return (hosts,)
        number = int(self.limit.rstrip("%"))
        size = max(1, len(hosts) * number // 100) if self.limit.endswith("%") else number
        return tuple(hosts[start : start + size] for start in range(0, len(hosts), size))
