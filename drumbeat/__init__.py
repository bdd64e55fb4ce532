"""The command line: bring the stack up and down, feed it, ask it, check it."""
