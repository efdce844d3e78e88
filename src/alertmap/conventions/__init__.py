"""What many vendors share by convention: words for states and levels, names of labels, Alertmanager's alert."""
