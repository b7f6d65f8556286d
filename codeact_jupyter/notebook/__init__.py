"""The notebook: what a trajectory looks like as cells, and the file they are kept in."""
