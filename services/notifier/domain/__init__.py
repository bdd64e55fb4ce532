"""The rules of the notifier: what a subscription wants, when to try again, whom never to call."""
