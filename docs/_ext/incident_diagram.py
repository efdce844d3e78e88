"""Sphinx extension: replaces the line `PLACEHOLDER` of a page by the state diagram and the transition table."""

from collections import defaultdict
from html import escape
from itertools import groupby
from typing import Any

from alertmap.incidents.model import TRANSITIONS, Event, TransitionKind
from alertmap.model import State

PLACEHOLDER = "<!-- incident-diagram -->"

# Centres of the boxes. All else is computed from the table.
_CENTRES: dict[State | None, tuple[int, int]] = {
    None: (120, 195),
    State.FIRING: (430, 195),
    State.ACKNOWLEDGED: (710, 70),
    State.SUPPRESSED: (710, 320),
}
_BOX = (176, 64)
_SIZE = (900, 390)


def word(event: Event | None) -> str:
    """Return the word for a state or an event."""
    if event is None:
        return "none, or closed"
    return event.value if isinstance(event, State) else event.replace("_", " ")


def svg() -> str:
    """Return the state diagram as SVG: a box for every state, an arrow for every pair that the table connects."""
    arrows: dict[tuple[State | None, State | None], list[str]] = defaultdict(list)
    for (state, event), (after, _) in TRANSITIONS.items():
        arrows[state, after].append(word(event))
    width, height = _SIZE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" class="incident-diagram">',
        "<title>The states of an incident</title>",
        "<style>.incident-diagram{max-width:100%;fill:currentColor;text-anchor:middle;font-size:13px}",
        ".incident-diagram :is(rect,.arrow){fill:none;stroke:currentColor;stroke-width:1.3}",
        ".incident-diagram .stays{font-size:11px;opacity:.75}.incident-diagram .name{font-weight:bold}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">',
        '<path d="M0 0 8 4 0 8z"/></marker></defs>',
    ]
    for (state, after), events in arrows.items():
        parts += _box(state, events) if state is after else _arrow(_CENTRES[state], _CENTRES[after], events)
    return "\n".join([*parts, "</svg>"])


def _box(state: State | None, events: list[str]) -> list[str]:
    x, y = _CENTRES[state]
    width, height = _BOX
    lines = [" · ".join(pair) for pair in (events[:2], events[2:]) if pair]
    return [
        f'<rect x="{x - width // 2}" y="{y - height // 2}" width="{width}" height="{height}" rx="8"/>',
        f'<text x="{x}" y="{y - 12}" class="name">{escape(word(state))}</text>',
        *(
            f'<text x="{x}" y="{y + 6 + 16 * row}" class="stays">{escape(line)}</text>'
            for row, line in enumerate(lines)
        ),
    ]


def _arrow(start: tuple[int, int], end: tuple[int, int], events: list[str]) -> list[str]:
    """Return a bent arrow from the edge of one box to the edge of another; the way back bends to the other side."""
    (x1, y1), (x2, y2) = start, end
    dx, dy = x2 - x1, y2 - y1
    length = (dx * dx + dy * dy) ** 0.5
    aside = (-dy / length, dx / length)
    bend = 46.0
    if abs(dx) > _SIZE[0] / 2:  # pass the boxes between them on the outer side
        bend = 150 if aside[1] * (y1 + y2 - _SIZE[1]) > 0 else -150
    middle = ((x1 + x2) / 2 + aside[0] * bend, (y1 + y2) / 2 + aside[1] * bend)
    tail, tip = (_edge(point, middle) for point in (start, end))
    out = -1 if bend < 0 else 1
    x, y = ((tail[n] + 2 * middle[n] + tip[n]) / 4 + aside[n] * out * 12 for n in (0, 1))
    anchor = "middle" if abs(aside[0]) < 0.7 else "start" if aside[0] * out > 0 else "end"  # noqa: PLR2004 - steep
    line = f"M{tail[0]:.0f} {tail[1]:.0f}Q{middle[0]:.0f} {middle[1]:.0f} {tip[0]:.0f} {tip[1]:.0f}"
    return [
        f'<path d="{line}" class="arrow" marker-end="url(#tip)"/>',
        f'<text x="{x:.0f}" y="{y + 4:.0f}" style="text-anchor:{anchor}">{escape(", ".join(events))}</text>',
    ]


def _edge(box: tuple[int, int], towards: tuple[float, float]) -> tuple[float, float]:
    """Return the point where the line from the centre of a box towards another point leaves the box."""
    dx, dy = towards[0] - box[0], towards[1] - box[1]
    scale = min(
        _BOX[0] / 2 / abs(dx) if dx else float("inf"),
        _BOX[1] / 2 / abs(dy) if dy else float("inf"),
    )
    return box[0] + dx * scale, box[1] + dy * scale


def table() -> str:
    """Return the transition table as Markdown: a row for every state, a column for every event."""
    events = list(dict.fromkeys(event for _, event in TRANSITIONS))
    lines = ["| incident | " + " | ".join(map(word, events)) + " |", "|---" * (len(events) + 1) + "|"]
    for state, cells in groupby(TRANSITIONS, key=lambda cell: cell[0]):
        lines.append("| " + " | ".join([f"**{word(state)}**", *(_cell(state, event) for _, event in cells)]) + " |")
    return "\n".join(lines)


def _cell(state: State | None, event: Event) -> str:
    after, kind = TRANSITIONS[state, event]
    if kind is TransitionKind.IGNORED:
        return "ignored"
    return f"{kind.value}" if after is state else f"{kind.value} → {word(after) if after else 'closed'}"


def setup(app: Any) -> dict[str, Any]:
    """Register the replacement, which runs when Sphinx reads a page."""

    def draw(_app: Any, _page: str, source: list[str]) -> None:
        source[0] = source[0].replace(PLACEHOLDER, f"<div>\n{svg()}\n</div>\n\n{table()}")

    app.connect("source-read", draw)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
