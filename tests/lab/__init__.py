"""What a person sees: JupyterLab with the labextension, in a real browser."""
