"""How many rows a second are taken in, against a pandas frame and a file for each symbol."""
