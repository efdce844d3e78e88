"""A folder of recorded requests to the incidents in them, as CSV: python batch.py FOLDER > incidents.csv."""

import csv
import sys
from pathlib import Path

from alertmap import IncidentBook, parse, read_recorded, to_dict

book, columns = IncidentBook(), ("id", "source", "dedup_key", "title", "state", "severity", "opened_at", "resolved_at")
writer = csv.DictWriter(sys.stdout, columns, extrasaction="ignore")
for file in sorted(Path(sys.argv[1]).rglob("*.request.json")):
    one = read_recorded(file.read_bytes())
    book.apply(parse(None, one.request, received_at=one.received_at))
writer.writeheader()
writer.writerows(to_dict(incident) for incident in book.incidents)
