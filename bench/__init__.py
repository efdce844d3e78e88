"""Benchmark of alertmap: `python -m bench`, or `nox -s bench`. It prints figures; no figure fails a build."""
