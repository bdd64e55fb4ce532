"""What sets the notifier to work without being asked over HTTP: the log, lanes that are due, replays."""
