"""What a host remembers of an app: the files under ~/.kamal."""
