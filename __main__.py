"""The deploy of this clone: reads the stack's settings, declares the deploy, exports what runs."""

import pulumi

from components import Deploy

deploy = Deploy.from_config()

pulumi.export("version", deploy.version)
pulumi.export("previous_version", deploy.previous_version)
pulumi.export("image", deploy.image)
pulumi.export("digest", deploy.digest)
pulumi.export("hosts", deploy.hosts)
pulumi.export("addresses", deploy.addresses)
if deploy.accessories is not None:
    pulumi.export("accessories", deploy.accessories)
