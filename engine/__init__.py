"""The Pulumi engine and its plugins, found, downloaded or built: `python3 -m engine`. See README.md here."""
