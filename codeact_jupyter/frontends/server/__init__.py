"""The Jupyter Server extension: hosts the panel's runs, and keeps those of the magic in sight."""
