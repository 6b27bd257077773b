"""Kamal's deploy as a Pulumi component: `Deploy`, the settings that it takes, and its errors."""

from .garbage import without_collecting

with without_collecting():
    from .deploy import Deploy
    from .errors import DeployError, ImageError, SettingsError, SourceError
    from .secret import Secret
    from .settings import (
        AccessorySettings,
        BootSettings,
        BufferingSettings,
        BuilderSettings,
        CacheSettings,
        DirectoryMountSettings,
        EnvSettings,
        FileMountSettings,
        HealthcheckSettings,
        HooksSettings,
        LoggingSettings,
        ProxyLoggingSettings,
        ProxyRunSettings,
        ProxySettings,
        RegistrySettings,
        ReleaseTaskSettings,
        RoleSettings,
        Settings,
        SshSettings,
        SslSettings,
        VariablesSettings,
    )

__all__ = [
    "AccessorySettings",
    "BootSettings",
    "BufferingSettings",
    "BuilderSettings",
    "CacheSettings",
    "Deploy",
    "DeployError",
    "DirectoryMountSettings",
    "EnvSettings",
    "FileMountSettings",
    "HealthcheckSettings",
    "HooksSettings",
    "ImageError",
    "LoggingSettings",
    "ProxyLoggingSettings",
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
    "SslSettings",
    "VariablesSettings",
]
