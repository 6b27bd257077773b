"""Docker on this host: its client, and the words of `docker run`."""
