"""The words of `docker run`: all of them, for a container and for a task."""

from components.host_tool.docker.environment import Environment
from components.host_tool.docker.run_words import container_variables, container_words, option_words, task_words
from components.host_tool.spec import ContainerSpec

CONTAINER = ContainerSpec(
    service="shop",
    role="web",
    destination="production",
    host="10.0.0.1",
    version="v1",
    network="kamal",
    cmd=("serve", "--port=80", "with a blank"),
    env={"CLEAR": "1", "BOTH": "clear"},
    labels={"team": "a b", "service": "the user's"},
    options={
        "memory": ("64m",),
        "volume": ("a:/a", "b:/b"),
        "init": ("true",),
        "publish": ("9000:9000",),
        "restart": ("always",),
    },
)
RELEASE = "0123456789abcdef"
ENVIRONMENT = Environment("A=1\n", {"LINES": "1\n2"})


def test_all_words_of_a_container() -> None:
    assert container_words(CONTAINER, RELEASE, "image", ENVIRONMENT) == [
        *("--name", "shop-web-production-v1-01234567"),
        *("--network", "kamal", "--pull", "never", "--restart", "unless-stopped"),
        *("--memory=64m", "--volume=a:/a", "--volume=b:/b", "--init", "--publish=9000:9000", "--restart=always"),
        *("--label", "team=a b", "--label", "service=shop", "--label", "role=web"),
        *("--label", "destination=production", "--label", "version=v1", "--label", f"release={RELEASE}"),
        *("--env-file", "/dev/stdin", "--env", "LINES"),
        "image",
        *("serve", "--port=80", "with a blank"),
    ]


def test_all_words_of_a_task() -> None:
    """It has no port of the role's, does not start again, and none of the labels by which containers are found."""
    assert task_words(CONTAINER, "shop-web-production-task-v1", {"release-task": "hash"}, "image", ENVIRONMENT) == [
        *("--name", "shop-web-production-task-v1", "--network", "kamal", "--pull", "never"),
        *("--memory=64m", "--volume=a:/a", "--volume=b:/b", "--init"),
        *("--label", "team=a b", "--label", "service=the user's", "--label", "release-task=hash"),
        *("--env-file", "/dev/stdin", "--env", "LINES"),
        "image",
        *("serve", "--port=80", "with a blank"),
    ]


def test_a_value_of_an_option_stays_one_word() -> None:
    options = {"health-cmd": ("curl -f http://localhost/ || exit 1",), "env": ("A=--b",)}
    assert list(option_words(options)) == ["--health-cmd=curl -f http://localhost/ || exit 1", "--env=A=--b"]


def test_secrets_go_over_clear_variables_and_kamals_own_over_both() -> None:
    secrets = {"BOTH": "secret", "KAMAL_VERSION": "the user's"}
    assert container_variables(CONTAINER, "name", secrets) == {
        "CLEAR": "1",
        "BOTH": "secret",
        "KAMAL_VERSION": "v1",
        "KAMAL_CONTAINER_NAME": "name",
        "KAMAL_HOST": "10.0.0.1",
        "KAMAL_DESTINATION": "production",
    }
