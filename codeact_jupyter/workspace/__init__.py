"""The files of the working directory: kept before a run, privately, and put back on demand."""
