"""Where actions run: the IPython shell of this process, or a kernel."""
