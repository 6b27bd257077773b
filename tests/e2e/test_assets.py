"""What makes the containers of all roles, in one story: assets, volumes, labels and logging of a stack's config."""

from dev.sandbox.inventory import Host
from tests.e2e.footprint import OnHost
from tests.e2e.site import Site
from tests.e2e.stack import WORK, Stack

# Ends the deploy unless every host answers for the file, though none of them has switched yet.
ASK = """\
#!/usr/bin/env python3
import urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
for host in {hosts}:
    request = urllib.request.Request(f"http://{{host}}/assets/2.css", headers={{"Host": "{name}"}})
    assert opener.open(request, timeout=5).read() == b"2"
"""


def write_assets(stack: Stack, version: str) -> str:
    """Give the app a file of its own and one under the same name as before, and commit it."""
    (stack.app / "assets").mkdir(exist_ok=True)
    for old in (stack.app / "assets").iterdir():
        old.unlink()
    stack.write(f"assets/{version}.css", version)
    stack.write("assets/app.js", version)
    return stack.commit()


def serve_assets(stack: Stack) -> None:
    """Have the app serve the folder /app/assets of its image."""
    dockerfile, serve = (stack.app / name for name in ("Dockerfile", "serve.sh"))
    dockerfile.write_text(dockerfile.read_text().replace("EXPOSE", "COPY assets /app/assets\nEXPOSE"))
    serve.write_text(serve.read_text().replace("echo ok >", 'ln -s "$here/assets" "$site/assets"\necho ok >'))


def container(stack: Stack, host: Host, role: str, on_host: OnHost, template: str) -> str:
    """What Docker says of a role's running container."""
    filters = f"--filter label=service={stack.service} --filter label=role={role}"
    return on_host(host, f"docker inspect --format '{template}' $(docker ps --quiet {filters})").strip()


def test_two_versions_serve_each_others_assets_and_containers_are_what_the_config_says(
    stack: Stack, site: Site, on_host: OnHost
) -> None:
    first, second = stack.hosts[:2]
    serve_assets(stack)
    write_assets(stack, "1")
    stack.configure(
        servers={
            "web": [first.address, second.address],
            "worker": {"hosts": [second.address], "cmd": WORK, "labels": {"tier": "back"}},
            "later": [],
        },
        allow_empty_roles=True,
        asset_path="/app/assets:ro",
        volumes=[f"{stack.service}-data:/data"],
        labels={"team": "shop"},
        logging={"driver": "local", "options": {"max-size": "5m"}},
        boot={"limit": 1, "parallel_roles": True},
        hooks={"run_on": {"pre-app-boot": "deployer"}},
    )
    stack.up()
    assert [site.text(host, "/assets/1.css") for host in stack.hosts] == ["1"] * len(stack.hosts)
    worker = container(stack, second, "worker", on_host, "{{.Id}}")
    on_host(second, f"docker exec {worker} sh -c 'echo kept >/data/file'")

    stack.hook("pre-app-boot", ASK.format(hosts=[host.address for host in stack.hosts], name=stack.name))
    new = write_assets(stack, "2")
    stack.up()
    assert site.versions() == [new] * len(stack.hosts)
    for host in stack.hosts:
        assert [site.text(host, f"/assets/{name}") for name in ("1.css", "2.css", "app.js")] == ["1", "2", "2"]
    labels = '{{index .Config.Labels "team"}} {{index .Config.Labels "tier"}}'
    assert container(stack, first, "web", on_host, labels).split() == ["shop"]
    assert container(stack, second, "worker", on_host, labels) == "shop back"
    for role in ("web", "worker"):
        assert container(stack, second, role, on_host, "{{.HostConfig.LogConfig}}") == "{local map[max-size:5m]}"
    worker = container(stack, second, "worker", on_host, "{{.Id}}")
    assert on_host(second, f"docker exec {worker} cat /data/file") == "kept\n"
    stack.up("--expect-no-changes")
