"""kamal-proxy on this host: its client, and its own container."""
