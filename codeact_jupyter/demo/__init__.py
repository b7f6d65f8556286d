"""The embedded demo: a small data set, and the recorded replies of a model about it."""
