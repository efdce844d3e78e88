"""Recorded requests, one JSON object a line, to what must be paged: tail -F requests.jsonl | python lines.py."""

import sys

from alertmap import AlertmapError, IncidentBook, parse, read_recorded

book = IncidentBook()
for line in sys.stdin:
    try:
        one = read_recorded(line)
        steps = book.apply(parse(None, one.request, received_at=one.received_at))
    except AlertmapError as error:
        print("NOT READ", error, file=sys.stderr)
        continue
    for step in steps:
        if incident := step.opens or step.closes:
            print("PAGE" if incident.open else "OVER", incident.severity, incident.title, flush=True)
