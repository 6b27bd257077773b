"""The deploy as Pulumi components: they turn settings and outputs into resources, and nothing else."""
