"""Plots of growths as SVG, in the colour of the surrounding text, so that they are readable on any background."""

from html import escape
from math import ceil, floor, log10

from bench.growth import Growth

COLOURS = ("#2f7ed8", "#d9730d")  # one for each pair of lines: alertmap solid, its comparison dashed
WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 510, 34, 306


def svg(growth: Growth) -> str:
    """Plot cost per alert over size on logarithmic axes: a level line is a cost in proportion to the size."""
    values = [value for line in growth.micros.values() for value in line]
    low, high = floor(log10(min(values))), ceil(log10(max(values)) + 1e-9)
    first, last = log10(growth.sizes[0]), log10(growth.sizes[-1])

    def x(size: float) -> float:
        return LEFT + (log10(size) - first) / (last - first) * (RIGHT - LEFT)

    def y(value: float) -> float:
        return BOTTOM - (log10(value) - low) / (high - low) * (BOTTOM - TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" class="growth">',
        f"<title>Microseconds per alert over {growth.across}</title>",
        "<style>svg.growth:root{color:#808080}.growth{max-width:100%;fill:currentColor;font:13px sans-serif}",
        ".growth .grid{stroke:currentColor;stroke-opacity:.25}.growth polyline{fill:none;stroke-width:2}</style>",
        f'<text x="{LEFT}" y="{TOP - 16}">microseconds per alert</text>',
        f'<text x="{(LEFT + RIGHT) / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle">{escape(growth.across)}</text>',
    ]
    for power in range(low, high + 1):
        height = y(10.0**power)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{height:.1f}" y2="{height:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{height + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for size in growth.sizes:
        parts.append(f'<line class="grid" x1="{x(size):.1f}" x2="{x(size):.1f}" y1="{TOP}" y2="{BOTTOM}"/>')
        parts.append(f'<text x="{x(size):.1f}" y="{BOTTOM + 20}" text-anchor="middle">{size:,}</text>')
    heights = _apart([y(line[-1]) + 4 for line in growth.micros.values()])
    for number, (name, line) in enumerate(growth.micros.items()):
        colour, dash = COLOURS[number // 2], ' stroke-dasharray="6 4"' if number % 2 else ""
        points = [(x(size), y(value)) for size, value in zip(growth.sizes, line, strict=True)]
        path = " ".join(f"{across:.1f},{up:.1f}" for across, up in points)
        parts.append(f'<polyline points="{path}" stroke="{colour}"{dash}/>')
        parts += [f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3" fill="{colour}"/>' for across, up in points]
        parts.append(f'<text x="{RIGHT + 10}" y="{heights[number]:.1f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _apart(heights: list[float], least: float = 16) -> list[float]:
    """Return the heights of labels, moved down where two would overlap."""
    moved = dict.fromkeys(range(len(heights)), 0.0)
    below = float("-inf")
    for number in sorted(moved, key=lambda number: heights[number]):
        below = moved[number] = max(heights[number], below + least)
    return list(moved.values())
