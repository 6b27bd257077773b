"""The name of a role's secret values."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping


def secrets_hash_of(values: Mapping[str, str], key: bytes) -> str:
    """Name secret values by a keyed hash, 16 hex digits: a plain one of a short secret could be guessed."""
    return hmac.new(key, json.dumps(values, sort_keys=True).encode(), hashlib.sha256).hexdigest()[:16]
