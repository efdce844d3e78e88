"""`python -m alertmap.cli`."""

from alertmap.cli import main

if __name__ == "__main__":
    main()
