"""The environment to deploy to the sandbox with, for a shell to source.

The sandbox's stack has a Pulumi home, a state and a passphrase of its own, so nothing that the user has set for other
stacks reaches it, and no other stack reaches the sandbox's.
"""

import secrets
import shlex
from collections.abc import Sequence

from dev.sandbox.commands import run
from dev.sandbox.files import make_folder, write_file
from dev.sandbox.paths import Paths

TEMPLATE = """\
# Source this to deploy to the sandbox: `. .local/sandbox/env`. `make up` writes it.

# Without the Pulumi settings of other stacks. PULUMI_STACK is named because zsh's unset needs an argument.
unset PULUMI_STACK $(env | grep -o '^PULUMI_[A-Z0-9_]*')
if [ -f {toolchain} ]; then . {toolchain}; fi
{exports}
# A proxy does not lead to the sandbox.
export NO_PROXY="{direct}${{NO_PROXY:+,$NO_PROXY}}"
export no_proxy="{direct}${{no_proxy:+,$no_proxy}}"
"""


def write(paths: Paths, direct: Sequence[str]) -> None:
    """Write the file, and make the passphrase and the folder of the state unless they are there.

    Args:
        paths: The sandbox's paths.
        direct: What is reached without a proxy: the subnet, and addresses, since Python does not understand subnets here.
    """
    make_folder(paths, paths.pulumi_state)
    if not paths.passphrase.exists():
        write_file(paths, paths.passphrase, secrets.token_urlsafe(32) + "\n", 0o600)
    exports = {
        "PULUMI_HOME": paths.pulumi_home,
        "PULUMI_BACKEND_URL": f"file://{paths.pulumi_state}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": paths.passphrase,
        "DOCKER_HOST": f"unix://{paths.deployer_socket}",
        "SSH_AUTH_SOCK": paths.agent_socket,
        "SSL_CERT_FILE": paths.certificates / "bundle.pem",
    }
    lines = [f"export {name}={shlex.quote(str(value))}" for name, value in exports.items()]
    toolchain = shlex.quote(str(paths.local / "env"))
    write_file(
        paths,
        paths.environment,
        TEMPLATE.format(toolchain=toolchain, exports="\n".join(lines), direct=",".join(direct)),
    )


def load(paths: Paths) -> dict[str, str]:
    """Return the environment that a shell has after sourcing the file."""
    variables = run(["sh", "-c", '. "$0" && env -0', str(paths.environment)]).split("\0")
    return dict(variable.split("=", 1) for variable in variables if variable)
