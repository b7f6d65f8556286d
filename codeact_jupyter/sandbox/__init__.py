"""A kernel that cannot: the walls around it, and what comes out of it made harmless.

Linux only. The agent's loop, the person's approvals and the keys stay outside. What it promises,
and what it does not, is in SECURITY.md, each promise with the test that holds it.
"""
