"""Draft an adapter and its fixtures from captured requests."""
