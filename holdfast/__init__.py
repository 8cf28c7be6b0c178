"""The command and the one-process run: the only place that knows all services."""
