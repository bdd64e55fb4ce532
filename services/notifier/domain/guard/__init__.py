"""The guard against server-side request forgery: which URLs and addresses the notifier never calls.

Whoever may make a subscription chooses a URL that this process then calls from inside the network. So the
URL is read by one strict grammar (`urls`), the name is resolved, every address found must be public
(`addresses`), and the connection is made to the very address that was checked. OWASP, "Server Side Request
Forgery Prevention Cheat Sheet".
"""
