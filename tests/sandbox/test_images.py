"""The images that the sandbox provides."""

from components.settings import ProxyRunSettings
from dev.sandbox import images


def test_the_image_of_kamal_proxy_is_the_one_that_deploys_use_by_default() -> None:
    default = ProxyRunSettings()
    assert f"{default.repository}:{default.version}" == images.KAMAL_PROXY
