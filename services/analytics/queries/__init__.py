"""The figures as they are asked for.

Every answer says how fresh it is (`as_of`, `lag_seconds`) and stays within the
caller's row scope: a rep sees his team's boards, a manager his subtree, whoever has
the scope all the company's.
"""
