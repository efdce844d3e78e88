"""`python -m alertmap.cli`."""

from alertmap.cli import main

main()
