"""`python -m alertmap`."""

from alertmap.cli import main

if __name__ == "__main__":
    main()
