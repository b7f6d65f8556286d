"""Say what an action's code plainly may touch, before it runs.

A gate for accidents, not a wall: code that means to deceive passes any reading that runs nothing.
"""
