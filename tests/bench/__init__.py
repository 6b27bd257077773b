"""How long deploys take, beside a floor measured in the same run: `make bench`."""
