"""The reference of all settings, generated from the models: `python -m components.settings.reference > docs/settings.md`.

With `--pulumi-yaml` it prints the `config:` section of Pulumi.yaml instead.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from .settings import Settings

HEAD = """\
# Settings

Every key of a stack's config, in the namespace `deploy`. Generated from the code (`make docs`): change it there.
Set a key with `pulumi config set KEY VALUE`, one inside a section with `pulumi config set --path 'SECTION.KEY' VALUE`,
a secret with `pulumi config set --secret --path 'secrets.NAME'`, or edit `Pulumi.<stack>.yaml`.
Names and meanings are Kamal's wherever Kamal has them. Times are whole seconds.

| key | default | meaning |
| --- | --- | --- |
"""


def reference() -> str:
    """The page, as Markdown."""
    return HEAD + "".join(f"| `{path}` | {default} | {text} |\n" for path, default, text in _rows(Settings, ""))


def pulumi_config() -> str:
    """The `config:` section of Pulumi.yaml, as YAML.

    Pulumi wants every declared key to be set or to have a default. An empty default stands for "not set": what is
    missing is said by our own report, together with all other faults.
    """
    lines = ["config:"]
    for name, field in Settings.model_fields.items():
        kind, default = _pulumi_type(name, field)
        lines += [f"  {name}:", f"    description: {json.dumps(field.description, ensure_ascii=False)}"]
        lines += [f"    type: {kind}"] if kind else []
        lines += [f"    default: {json.dumps(default)}"]
    return "\n".join(lines) + "\n"


def _pulumi_type(name: str, field: FieldInfo) -> tuple[str | None, object]:
    if name == "servers":
        # A list or a map, which is no type of Pulumi's.
        return None, ""
    if isinstance(field.default, int):
        return "integer", field.default
    section, _ = _section(field.annotation)
    if section is not None or field.default == {}:
        return "object", {}
    return "string", field.default if isinstance(field.default, str) else ""


def _rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        path = prefix + (field.alias or name)
        yield path, _default(field), (field.description or "").replace("|", "\\|")
        section, mapped = _section(field.annotation)
        if section is not None:
            yield from _rows(section, f"{path}.{'ROLE.' if mapped else ''}")


def _default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required():
        return "required"
    if value is None or value in ((), {}) or isinstance(value, BaseModel):
        return ""
    return f"`{json.dumps(value)}`"


def _section(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The section that `annotation` is about, and whether it is a map of such."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for part in get_args(annotation):
        section, mapped = _section(part)
        if section is not None:
            return section, mapped or get_origin(annotation) is dict
    return None, False


if __name__ == "__main__":
    sys.stdout.write(pulumi_config() if "--pulumi-yaml" in sys.argv else reference())
