"""The incident reducer: from a stream of alerts to open and closed incidents."""
