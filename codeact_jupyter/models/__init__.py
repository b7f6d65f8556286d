"""Models: implementations of the port `engine.model.Model`."""
