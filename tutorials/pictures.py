"""Pictures of networks for notebooks, where Graphviz' program ``dot`` is not installed: matplotlib draws them."""
from __future__ import annotations

import re
from typing import Any

import matplotlib.pyplot as plt

__all__ = ["draw"]

_NAME = r'("[^"]*"|[\w.]+)'
_TEXT = r'label=("[^"]*"|[^\s\]]+)'
_NODE = re.compile(rf'^\s*{_NAME} \[{_TEXT} fillcolor="(#\w+)"', re.MULTILINE)
_EDGE = re.compile(rf'^\s*{_NAME} -> {_NAME} \[{_TEXT}', re.MULTILINE)


def draw(graph: Any) -> None:
    """Show what ``mx.viz.plot_network`` returns: data below, losses above, shapes beside the edges."""
    nodes = {name.strip('"'): (text.strip('"'), color) for name, text, color in _NODE.findall(graph.source)}
    edges = [[part.strip('"') for part in edge] for edge in _EDGE.findall(graph.source)]
    place = _places(list(nodes), [(user, source) for user, source, _ in edges])
    width, height = (max(at[i] for at in place.values()) - min(at[i] for at in place.values()) + 1 for i in (0, 1))
    _, axes = plt.subplots(figsize=(2 * width, 0.6 * height + 0.2), dpi=75)
    for user, source, shape in edges:
        (x0, y0), (x1, y1) = place[source], place[user]
        axes.annotate("", (x1, y1 - 0.3), (x0, y0 + 0.3), arrowprops={"arrowstyle": "-|>", "color": "grey"})
        axes.text((x0 + x1) / 2 + 0.04, (y0 + y1) / 2, shape, fontsize=7, va="center", color="grey")
    for name, (text, color) in nodes.items():
        shape = "round,pad=0.35" if name == text else "square,pad=0.35"
        axes.text(*place[name], text, ha="center", va="center", fontsize=7,
                  bbox={"boxstyle": shape, "facecolor": color, "edgecolor": "grey"})
    axes.set_xlim(-0.5 * width, 0.5 * width)
    axes.set_ylim(-0.5, height - 0.5)
    axes.axis("off")
    plt.show()


def _places(names: list[str], edges: list[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Return a place for each node: as high as its longest way from an input, near those that it reads."""
    level: dict[str, int] = {}
    for name in names:  # inputs come before users
        level[name] = max([level[source] + 1 for user, source in edges if user == name], default=0)
    for name in names:  # inputs stand right below what reads them
        users = [level[user] for user, source in edges if source == name]
        if users and not any(user == name for user, _ in edges):
            level[name] = min(users) - 1
    place: dict[str, tuple[float, float]] = {}
    for height in sorted(set(level.values())):
        row = [name for name in names if level[name] == height]

        def wish(name: str) -> float:
            found = [place[source][0] for user, source in edges if user == name and source in place]
            return sum(found) / len(found) if found else 0.0
        row.sort(key=wish)
        for i, name in enumerate(row):
            place[name] = (i - (len(row) - 1) / 2, float(height))
    return place
