"""Input and output: one third-party library per file or folder; edges never import each other."""
