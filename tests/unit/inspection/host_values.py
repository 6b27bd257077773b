"""A host with the roles web and worker, as the last deploy has left it: what the tests compare with."""

from dataclasses import replace

from components.host_tool.owner import Owner
from components.host_tool.proxy_container import boot_hash
from components.host_tool.result import AppFacts, ContainerFacts, HostFacts, ProxyFacts, RoleFacts, RouteFacts
from components.host_tool.spec import BufferingSpec, HealthcheckSpec, ProxyRunSpec, RouteSpec
from components.inspection.state import HostState, RoleState
from components.inspection.wanted import Wanted, WantedRole

OWNER = Owner("0123abcd", "org/shop/prod")
OTHER = Owner("99999999", "org/blog/prod")
SINCE = "2026-11-24T16:00:03Z"

RUN = ProxyRunSpec("basecamp/kamal-proxy:v0.9.2", 80, 443, "10m", {}, replace=False)
PROXY = ProxyFacts("1234abcd5678", "running", SINCE, RUN.image, boot_hash(RUN), (80, 443))

WEB = ContainerFacts("9cd0bebb0000", "shop-web-v1-abc", "running", SINCE, "abc", "v1", "none", routed=True)
WORKER = ContainerFacts("5e5e5e5e0000", "shop-worker-v1-def", "running", SINCE, "def", "v1", "none", routed=False)
NEWER = ContainerFacts("77aa77aa0000", "shop-web-v2-fed", "running", SINCE, "fed", "v2", "none", routed=False)

WEB_ROLE = RoleFacts(
    host="10.0.0.1",
    route="shop-web",
    current="abc",
    version="v1",
    switching="",
    container=WEB,
    strays=(),
    kept=(),
    secrets=("5ec2e75ec2e7",),
)
WORKER_ROLE = replace(WEB_ROLE, route="shop-worker", current="def", container=WORKER, secrets=())

SHOP = AppFacts(
    app="shop",
    prefixes={"web": "shop-web", "worker": "shop-worker"},
    routes={"web": "shop-web"},
    resource="urn:host",
    owner=OWNER,
)
BLOG = AppFacts(app="blog", owner=OTHER, prefixes={"web": "blog-web"}, routes={"web": "blog-web"})

WANTED_WEB = WantedRole("shop-web", ("shop.example.com",), ("/",), proxied=True)
WANTED = Wanted(
    host="10.0.0.1",
    app="shop",
    service="shop",
    destination="",
    owner=OWNER,
    roles={
        "web": WANTED_WEB,
        "worker": WantedRole("shop-worker", (), ("/",), proxied=False),
    },
    proxy=RUN,
    login=True,
    take_over=False,
)

TOLD = RouteSpec(
    hosts=("shop.example.com",),
    app_port=80,
    healthcheck=HealthcheckSpec("/up", 1, 5),
    response_timeout=30,
    buffering=BufferingSpec(requests=False, responses=False),
)
ROUTE = RouteFacts(("shop.example.com",), ("/",), ("9cd0bebb0000:80",))

STATE = HostState(
    "1234abcd5678",
    prepared=True,
    roles={
        "web": RoleState("abc", "9cd0bebb0000", "v1", "5ec2e75ec2e7", route=TOLD),
        "worker": RoleState("def", "5e5e5e5e0000", "v1", "-"),
    },
)

FACTS = HostFacts(
    machine_id="0123",
    docker_problem="",
    free_mb=9000,
    network=True,
    taken_ports={},
    tool=True,
    prepared=True,
    login=True,
    apps=(SHOP,),
    roles={"web": WEB_ROLE, "worker": WORKER_ROLE},
    versions={"v1": "sha256:1"},
    held_locks=(),
    proxy=PROXY,
    replacing=False,
    routes={"shop-web": ROUTE},
)
