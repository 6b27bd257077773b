"""Each problem of the settings is reported with its path, what was found and what is expected: a file a section."""
