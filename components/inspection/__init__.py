"""One look at every host at the start of a preview or an update, and what follows from it."""

from .accessory_reasons import AccessoryReasons
from .inspection import Inspection, LookAtHosts
from .reasons import RoleReasons
from .state import StackState, read_state

__all__ = ["AccessoryReasons", "Inspection", "LookAtHosts", "RoleReasons", "StackState", "read_state"]
