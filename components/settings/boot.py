"""`boot`: how many hosts switch at a time, and when the new containers start."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from .model import SettingsModel
from .values import Bool, Seconds, format_value

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


@dataclass(frozen=True)
class BootGroup:
    """A group of hosts that switch together.

    Attributes:
        hosts: The hosts that switch.
        candidates: The hosts whose candidates start before that, and after the switch of the group before.
    """

    hosts: tuple[str, ...]
    candidates: tuple[str, ...]


class BootSettings(SettingsModel):
    """The rolling switch to a new version."""

    limit: BootLimit | None = Field(
        default=None, description="How many hosts, or which percentage of them (`25%`), switch at a time. Default: all."
    )
    wait: Seconds = Field(default=0, description="Seconds to wait between two groups of hosts.")
    candidates: Literal["all", "group"] = Field(
        default="all",
        description="When the new containers start beside the old ones. `all`: on all hosts at once, and no host "
        "switches until all of them are healthy. `group`: on each group of hosts only when the group before has "
        "switched, so that memory and database connections are doubled on one group at a time.",
    )

    parallel_roles: Bool = Field(
        default=False,
        description="Switch the roles without proxy at the same time as those that get requests, and not after them.",
    )

    def groups(self, hosts: tuple[str, ...]) -> tuple[BootGroup, ...]:
        """Return the hosts in groups that switch together. A percentage is rounded down, but to no less than 1 host."""
        size = self._group_size(len(hosts))
        groups = [hosts[start : start + size] for start in range(0, len(hosts), size)]
        if self.candidates == "group":
            return tuple(BootGroup(group, candidates=group) for group in groups)
        return tuple(BootGroup(group, candidates=() if number else hosts) for number, group in enumerate(groups))

    def _group_size(self, hosts: int) -> int:
        if self.limit is None:
            return hosts
        number = int(self.limit.rstrip("%"))
        return max(1, hosts * number // 100) if self.limit.endswith("%") else number
