"""The loop and its values: knows nothing of Jupyter, IPython, files or HTTP."""
