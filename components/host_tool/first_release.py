"""What the host tool of the first release (commit 62f864e, a shell program) remembered, taken over.

Its files in roles/ROLE: `names`, `current`, `previous`, `switching`, `releases/RELEASE/{spec,image,secrets,switched}` and
`secrets/HASH`. A spec had a `key: "value"` a line, or `key: !!binary BASE64`.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Mapping
from pathlib import Path

from .identity import digest_of
from .proxy_container import remove_route
from .records.records import ReleaseRecord, RoleRecord
from .records.role_folder import RoleFolder
from .records.secrets_hash import secrets_hash_of
from .spec import ContainerSpec
from .step.step import Step


def take_over(step: Step, folder: RoleFolder) -> None:
    """Turn what the first release remembered of a role into today's records, once.

    The role's record is written last: a step that is killed before leaves the old files, and the next one does it again.
    """
    if folder.record() or not (folder.path / "names").exists():
        return
    names = parse_spec((folder.path / "names").read_text())
    secrets = _take_over_secrets(step, folder)
    routed = False
    current = _word(folder.path / "current")
    for path in sorted(folder.path.glob("releases/*/spec"), key=lambda path: path.stat().st_mtime):
        spec = parse_spec(path.read_text())
        release = _release_record(path.parent, spec, secrets)
        folder.save_release(path.parent.name, release)
        if release.switched:
            step.folder.save_version(release.container.version, digest_of(release.image))
        routed = routed or (path.parent.name == current and spec["mode"] == "proxy")
    role = RoleRecord(
        service=names["service"],
        role=names["role"],
        destination=names.get("destination", ""),
        host=names["host"],
        current=current,
        previous=_word(folder.path / "previous"),
        switching=_word(folder.path / "switching"),
        routed=routed,
    )
    # The route of a health gate that was killed.
    remove_route(step, f"{role.identity.prefix}-candidate")
    folder.save(role)
    _forget_old_files(folder, secrets)


def container_spec(spec: Mapping[str, str]) -> ContainerSpec:
    """Return what a spec of the first release says of the container."""
    options: dict[str, tuple[str, ...]] = {}
    for key, value in spec.items():
        if key.startswith("option."):
            name = key[len("option.") :].partition(".")[0]
            options[name] = (*options.get(name, ()), value)
        elif key.startswith("log.opt."):
            options["log-opt"] = (*options.get("log-opt", ()), f"{key[len('log.opt.') :]}={value}")
    words = [spec[f"cmd.{number}"] for number in range(len(spec)) if f"cmd.{number}" in spec]
    return ContainerSpec(
        service=spec["service"],
        role=spec["role"],
        destination=spec.get("destination", ""),
        host=spec["host"],
        version=spec["version"],
        network=spec["network"],
        cmd=tuple(words),
        env=_fields(spec, "env."),
        labels=_fields(spec, "label."),
        options=options,
    )


def parse_spec(text: str) -> dict[str, str]:
    """Return the fields of a spec of the first release."""
    fields = {}
    for line in text.splitlines():
        key, _, value = line.partition(": ")
        if value.startswith("!!binary"):
            fields[key] = base64.b64decode(value.partition(" ")[2]).decode()
        elif key:
            fields[key] = value[1:-1]
    return fields


def _take_over_secrets(step: Step, folder: RoleFolder) -> dict[str, str]:
    """Keep the secret values under today's hashes, and return old hash to new."""
    renamed = {"-": "-"}
    for path in folder.path.glob("secrets/*"):
        text = path.read_text()
        # One that was taken over by a step that was killed then.
        if not text.startswith("{"):
            values = parse_spec(text)
            renamed[path.name] = secrets_hash_of(values, step.folder.fingerprint_key())
            folder.save_secrets(renamed[path.name], values)
    return renamed


def _release_record(path: Path, spec: Mapping[str, str], secrets: Mapping[str, str]) -> ReleaseRecord:
    return ReleaseRecord(
        container=container_spec(spec),
        image=_word(path / "image"),
        secrets_hash=secrets.get(_word(path / "secrets"), "gone"),
        switched=(path / "switched").exists(),
    )


def _forget_old_files(folder: RoleFolder, secrets: Mapping[str, str]) -> None:
    """Remove the old files but `names`, with which the first release's teardown finds the containers."""
    for name in ("current", "previous", "switching"):
        (folder.path / name).unlink(missing_ok=True)
    for path in folder.path.glob("releases/*/"):
        for name in ("spec", "image", "secrets", "container", "switched"):
            (path / name).unlink(missing_ok=True)
        if not (path / "release.json").exists():
            shutil.rmtree(path)
    for name in secrets.keys() - {"-"}:
        (folder.path / "secrets" / name).unlink(missing_ok=True)


def _fields(spec: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {key[len(prefix) :]: value for key, value in spec.items() if key.startswith(prefix)}


def _word(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""
