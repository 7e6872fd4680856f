"""Plots of metrics as SVG, which stays sharp and small."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.datasets.corpus import SPLITS, CorpusFolder

DARK_CELL = 0.55
STYLE: dict[Any, Any] = {
    "font.size": 10,
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw_confusion(confusion: Sequence[Sequence[int]], labels: Sequence[str], file: Path) -> None:
    """Actual labels against predicted ones; a row's shares add up to one."""

    def draw(axes: Axes) -> None:
        shares = [[count / max(1, sum(row)) for count in row] for row in confusion]
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
        axes.set_yticks(range(len(labels)), labels)
        axes.set_xlabel("predicted")
        axes.set_ylabel("actual")
        for row, values in enumerate(shares):
            for column, share in enumerate(values):
                ink = "white" if share > DARK_CELL else "black"
                axes.text(column, row, f"{share:.2f}", ha="center", va="center", color=ink)

    _write(draw, (5.2, 4.6), file)


def draw_reliability(bins: Sequence[dict[str, float]], file: Path) -> None:
    """Accuracy against confidence; circles grow with the clips."""

    def draw(axes: Axes) -> None:
        most = max(each["clips"] for each in bins)
        axes.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1)
        axes.scatter(
            [each["confidence"] for each in bins],
            [each["accuracy"] for each in bins],
            s=[20 + 180 * each["clips"] / most for each in bins],
        )
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xlabel("how sure the model is")
        axes.set_ylabel("how often it is right")

    _write(draw, (4.6, 4.2), file)


def draw_corpus(corpus: CorpusFolder, file: Path) -> None:
    """Clips of each label, one bar per split."""

    def draw(axes: Axes) -> None:
        width = 0.8 / len(SPLITS)
        for number, split in enumerate(SPLITS):
            counts = Counter(clip.label for clip in corpus.clips if clip.split == split)
            positions = [position + (number - 1) * width for position in range(len(corpus.labels))]
            axes.bar(positions, [counts[label] for label in corpus.labels], width, label=split)
        axes.set_xticks(range(len(corpus.labels)), corpus.labels)
        axes.set_ylabel("clips")
        axes.legend(frameon=False)

    _write(draw, (7.0, 3.6), file)


def _write(draw: Callable[[Axes], Any], inches: tuple[float, float], file: Path) -> None:
    # Not pyplot, which keeps figures and looks for a screen.
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=inches, layout="constrained")
        draw(figure.add_subplot())
        figure.savefig(file)
