"""What runs inside the sandbox before the kernel does, and prepares it.

It is bound there as a package of its own: the standard library alone, nothing else of ours.
"""
