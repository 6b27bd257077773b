"""`boot`: how many hosts switch at a time."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from .section import Seconds, Section, shown


def _limit(value: Any) -> Any:
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"[1-9]\d{0,3}|[1-9]\d?%|100%", text):
        raise ValueError(f'should be a number of hosts from 1, or a share of them as "25%", found {shown(value)}')
    return text


class Boot(Section):
    """The rolling switch."""

    limit: Annotated[str, BeforeValidator(_limit)] | None = Field(
        None, description="How many hosts, or what share of them (`25%`), switch at a time; by default all."
    )
    wait: Seconds = Field(0, description="Seconds between two groups of hosts.")

    def groups(self, hosts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """`hosts` in the groups that switch together, in order. A share is rounded down, to one at least."""
        if self.limit is None:
            return (hosts,)
        share = int(self.limit.rstrip("%"))
        size = max(1, len(hosts) * share // 100) if self.limit.endswith("%") else share
        return tuple(hosts[start : start + size] for start in range(0, len(hosts), size))
