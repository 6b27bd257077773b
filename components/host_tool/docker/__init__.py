"""Docker on this host: its client, its containers, their files, images and networks, and the words of `docker run`."""
