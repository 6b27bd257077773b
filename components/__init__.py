"""Kamal's deploy as a Pulumi component: `Deploy`, the settings that it takes, and its errors."""

from .garbage import without_collecting

with without_collecting():
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
    )

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
]
