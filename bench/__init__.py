"""What alertmap costs: `python -m bench`, or `nox -s bench`. Prints figures and gates nothing: machines are noisy."""
