"""What the host tool of the first release (commit 62f864e, a shell program) remembered, taken over.

Its files in roles/ROLE: `names`, `current`, `previous`, `switching`, `releases/RELEASE/{spec,image,secrets,switched}` and
`secrets/HASH`. A spec had a `key: "value"` a line, or `key: !!binary BASE64`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from .identity import digest_of
from .proxy_container import remove_own_route
from .records.former_record import former_record, parse_spec, word
from .records.records import ReleaseRecord
from .records.role_folder import RoleFolder
from .records.secrets_hash import secrets_hash_of
from .spec import ContainerSpec
from .step.step import Step


def take_over(step: Step, folder: RoleFolder) -> None:
    """Turn what the first release remembered of a role into today's records, once.

    The role's record is written last: a step that is killed before leaves the old files, and the next one does it again.
    """
    role = None if folder.record() else former_record(folder)
    if not role:
        return
    secrets = _take_over_secrets(step, folder)
    for path in sorted(folder.path.glob("releases/*/spec"), key=lambda path: path.stat().st_mtime):
        release = _release_record(path.parent, parse_spec(path.read_text()), secrets)
        folder.save_release(path.parent.name, release)
        if release.switched:
            step.folder.save_version(release.container.version, digest_of(release.image))
    # The route of a health gate that was killed. A stack whose destination is "candidate" has a route of the same name.
    containers = step.docker.containers.of_role(role.identity)
    remove_own_route(step, f"{role.identity.prefix}-candidate", [container.id for container in containers])
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
        image=word(path / "image"),
        secrets_hash=secrets.get(word(path / "secrets"), "gone"),
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
