"""Composition: plan -> fetch -> store -> build. Holds no knowledge of vendors, paths or SQL."""
