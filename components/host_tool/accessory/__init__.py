"""An accessory on this host: its container, its files and folders, its data."""
