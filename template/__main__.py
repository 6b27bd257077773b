"""Deploys the app to its hosts, as Pulumi.<stack>.yaml describes."""

import pulumi
from pulumi_kamal import Deploy

deploy = Deploy.from_config()

pulumi.export("version", deploy.version)
pulumi.export("hosts", deploy.hosts)
pulumi.export("addresses", deploy.addresses)
