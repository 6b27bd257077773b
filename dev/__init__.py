"""What developing this project takes: the Pulumi toolchain, and the sandbox to deploy to."""
