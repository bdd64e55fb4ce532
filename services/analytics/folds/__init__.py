"""The rules that turn events into figures, one file a noun: pure, the same for live, replay and checks."""
