"""Kamal's deploy as a Pulumi component: `Deploy`, the settings that it takes, and its errors."""

import gc

# What imports make lives until the program ends. Looking through it for garbage, again and again while it is made and once
# more at the end, takes 150 ms of every preview and update.
_collects = gc.isenabled()
gc.disable()

from .deploy import Deploy
from .errors import DeployError, ImageError, SettingsError, SourceError
from .secret import Secret
from .settings import (
    BootSettings,
    BufferingSettings,
    BuilderSettings,
    CacheSettings,
    EnvSettings,
    HealthcheckSettings,
    HooksSettings,
    ProxyRunSettings,
    ProxySettings,
    RegistrySettings,
    ReleaseTaskSettings,
    RoleSettings,
    Settings,
    SshSettings,
)

gc.freeze()
if _collects:
    gc.enable()

__all__ = [
    "BootSettings",
    "BufferingSettings",
    "BuilderSettings",
    "CacheSettings",
    "Deploy",
    "DeployError",
    "EnvSettings",
    "HealthcheckSettings",
    "HooksSettings",
    "ImageError",
    "ProxyRunSettings",
    "ProxySettings",
    "RegistrySettings",
    "ReleaseTaskSettings",
    "RoleSettings",
    "Secret",
    "Settings",
    "SettingsError",
    "SourceError",
    "SshSettings",
]
