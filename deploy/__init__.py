"""What is deployed and what it is called: settings, source, names. Plain Python; nothing here knows Pulumi resources."""
