"""`proxy.ssl`: where the certificate for HTTPS comes from."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from .model import SettingsModel
from .values import Bool, coerce_bool, format_value


def _coerce_secret_name(value: Any) -> Any:
    """Return the name of a secret, which Kamal has as a string here, in a list as everywhere else."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", value):
        return (value,)
    if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], str):
        return value
    # What is found may be the key itself, so the message does not show it.
    raise ValueError(
        "must be the name of a secret: [NAME]; store the text there (pulumi config set --secret --path "
        "'deploy:secrets.NAME' <FILE)"
    )


PemSecretName = Annotated[
    tuple[str],
    BeforeValidator(_coerce_secret_name),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1},
            ]
        }
    ),
]


class SslSettings(SettingsModel):
    """A TLS certificate of your own, for a role or an accessory on any number of hosts."""

    certificate_pem: PemSecretName = Field(
        description="List with the name of the secret that holds the certificate in PEM, followed by those of its issuers: "
        "`[CERTIFICATE_PEM]`."
    )
    private_key_pem: PemSecretName = Field(
        description="List with the name of the secret that holds its private key in PEM: `[PRIVATE_KEY_PEM]`."
    )


def _validate_ssl(value: Any) -> bool | SslSettings:
    value = coerce_bool(value)
    if isinstance(value, bool):
        return value
    if not isinstance(value, dict | SslSettings):
        raise ValueError(
            f"must be true, false or a mapping with certificate_pem and private_key_pem, not {format_value(value)}"
        )
    return SslSettings.model_validate(value)


Ssl = Annotated[bool | SslSettings, PlainValidator(_validate_ssl, json_schema_input_type=Bool | SslSettings)]
