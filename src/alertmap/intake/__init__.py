"""The way in: from a request to a `Batch` of alerts."""
