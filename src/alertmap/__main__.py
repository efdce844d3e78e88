"""`python -m alertmap`."""

from alertmap.cli import main

main()
