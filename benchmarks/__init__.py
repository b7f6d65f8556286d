"""Speed and cost, as ratios between two things measured in the same run.

`make benchmarks`, or `python -m benchmarks [NAME ...]`. Nothing here is a test: numbers depend on
the machine, and their ratios much less.
"""
