"""Fuzzing of the public functions: inputs made from the fixtures, the checks of the kit on each outcome."""
