"""The stack `full` of this clone's Pulumi project: an app with most of what a deploy can have.

HTTPS on every host with a certificate of its own, a worker, a database as an accessory, migrations, and assets.
"""

from collections.abc import Sequence

from dev.sandbox import app, certificates
from dev.sandbox.files import make_folder
from dev.sandbox.inventory import Host
from dev.sandbox.sandbox import Sandbox
from dev.sandbox.servers import SERVERS, publish
from dev.sandbox.stack import (
    config_of,
    outputs_of,
    pulumi,
    registry_config,
    registry_secret,
    set_config,
    set_secrets,
    ssh_config,
)

STACK = "full"
APP = "shop"
NAME = f"{APP}.test"
"""Where the app answers."""

DATABASE, TAG = "acme/postgres", "1"
CERTIFICATE, KEY = "SHOP_CERTIFICATE", "SHOP_KEY"

# Set once, so that the user can change it.
INITIAL_CONFIG = {
    "service": APP,
    "image": f"acme/{APP}",
    "builder.context": ".local/app-full",
    "builder.args.BASE": SERVERS,
    "servers.worker.cmd": "sh /app/worker.sh",
    "proxy.app_port": "8080",
    "proxy.host": NAME,
    "proxy.ssl.certificate_pem": CERTIFICATE,
    "proxy.ssl.private_key_pem": KEY,
    "asset_path": "/app/public/assets",
    "env.clear.PGUSER": "postgres",
    "release_task.cmd": "psql --quiet --file /app/schema.sql",
    "accessories.db.image": f"{DATABASE}:{TAG}",
    "accessories.db.cmd": "start-postgres",
    "accessories.db.options.user": "70:70",
    "accessories.db.directories[0].local": "data",
    "accessories.db.directories[0].remote": "/var/lib/postgresql/data",
    "accessories.db.directories[0].mode": "0700",
    "accessories.db.directories[0].owner": "70:70",
    "readiness_delay": "2",
}

NEXT_STEPS = """
Version {version} of {app} is running: web on {hosts}, worker on {worker}, database on {database}.

Try next, in this folder:
    . .local/sandbox/env                      # Pulumi and the sandbox in this shell
    curl --cacert {authority} --resolve {name}:443:{host} https://{name}/
    cat Pulumi.full.yaml                      # its settings
    pulumi stack output                       # what runs where
    sed -i s/#233/#333/ .local/app-full/app.css && git -C .local/app-full commit -am Darker
    pulumi up                                 # deploys the edit; who still has the old page gets the old style sheet
    pulumi config set deploy:maintenance 'Back soon' && pulumi up    # answers 503; touches no container
    pulumi config rm deploy:maintenance && pulumi up
    pulumi destroy                            # takes the app down; the database's data stays on its host
    make down                                 # remove everything
"""


def configure(sandbox: Sandbox) -> None:
    """Make the stack unless it is there, and set the present hosts and registry in its config."""
    inventory, paths = sandbox.inventory(), sandbox.paths
    app.ensure(paths, paths.full_example, paths.full_app, sandbox.say)
    publish(sandbox, DATABASE, TAG)
    pulumi(sandbox, "stack", "select", "--create", STACK)
    if not config_of(sandbox, STACK).get("deploy:service", {}).get("value"):
        set_config(sandbox, STACK, INITIAL_CONFIG)
    set_config(sandbox, STACK, {**host_config(inventory.hosts), **registry_config("registry", inventory)})
    set_config(sandbox, STACK, registry_config("accessories.db.registry", inventory))
    set_secrets(sandbox, STACK, {**registry_secret(inventory), **certificate(sandbox)})


def host_config(hosts: Sequence[Host]) -> dict[str, str]:
    """Return the config that says where what runs: the web role on every host, its database on the first."""
    database = hosts[0].address
    return {
        **{f"servers.web.hosts[{number}]": host.address for number, host in enumerate(hosts)},
        "servers.worker.hosts[0]": hosts[-1].address,
        "accessories.db.host": database,
        # At the address by which the other hosts reach it, and at no other.
        "accessories.db.port": f"{database}:5432:5432",
        "env.clear.PGHOST": database,
        **ssh_config(hosts),
    }


def certificate(sandbox: Sandbox) -> dict[str, str]:
    """Return the app's certificate and its key by the names of their secrets; they are issued once."""
    paths = sandbox.paths
    if not (paths.full / f"{APP}.pem").exists():
        make_folder(paths, paths.full)
        certificates.issue(paths, paths.full, NAME, APP)
    return {CERTIFICATE: (paths.full / f"{APP}.pem").read_text(), KEY: (paths.full / f"{APP}.key").read_text()}


def next_steps(sandbox: Sandbox) -> str:
    """Return what runs and what to try, which `make up EXAMPLE=full` prints at its end."""
    outputs = outputs_of(sandbox, STACK)
    by_role = {role: [host for host, roles in outputs["hosts"].items() if role in roles] for role in ("web", "worker")}
    return NEXT_STEPS.format(
        version=outputs["version"],
        app=APP,
        hosts=" and ".join(by_role["web"]),
        host=by_role["web"][0],
        worker=by_role["worker"][0],
        database=sandbox.inventory().hosts[0].address,
        name=NAME,
        authority=(sandbox.paths.full / "ca.pem").relative_to(sandbox.paths.project),
    )
