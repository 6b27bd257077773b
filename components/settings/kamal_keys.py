"""Kamal's configuration keys and hooks that have another name here, or are not supported."""

# By path; ROLE stands for the name of a role, NAME for that of an accessory.
KAMAL_KEY_HINTS = {
    "hooks_path": "use hooks.path instead",
    "aliases": "is not needed: this program has no commands to give other names to",
    "minimum_version": "is not needed: the version of this package is pinned in your project's requirements",
    "run_directory": "is not supported: it is always .kamal in the SSH user's home directory",
    "secrets_path": "is not needed: secrets are in the stack's config (pulumi config set --secret)",
    "hooks_output": "is not needed: the output of hooks is always shown",
    "builder.pack": "is not supported: the image is built from a Dockerfile. Build with pack in CI, with the labels "
    "service and org.opencontainers.image.version, push the image, and deploy that version (deploy:version)",
    "ssh.keys": "is not supported: a key from a file of yours would be a change in the next person's deploy. Add it to the SSH "
    "agent (ssh-add FILE), or share one key as a secret (ssh.key_data)",
    "ssh.proxy_command": "is not supported: Pulumi's command plugin has an SSH client of its own, which starts no command. Use a "
    "jump host (ssh.proxy)",
    "ssh.log_level": "is not needed: connections that fail are always explained",
    "sshkit": "is not needed: pulumi up --parallel N limits how many steps run at once",
    "output": "is not supported: keep the output of pulumi up where it runs (pulumi up --yes 2>&1 | tee FILE), or in CI",
    "traefik": "use proxy instead, as in Kamal 2",
    "healthcheck": "use proxy.healthcheck instead, as in Kamal 2",
    "servers.ROLE.env.tags": "is only possible in the app's env, as in Kamal",
    "accessories.NAME.env.tags": "is only possible in the app's env, as in Kamal",
}

KAMAL_HOOK_HINTS = dict.fromkeys(
    ("pre-proxy-reboot", "post-proxy-reboot"),
    "is not run here: kamal-proxy is only replaced by a pulumi up whose preview says so. Delete the file, and run its "
    "commands yourself when that happens",
)
