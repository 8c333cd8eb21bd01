"""Live controls where they work, one call of the function where they don't."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
from IPython.display import display

from course_utils.display import show


def once(function: Callable, **controls) -> None:
    """Stand in for `ipywidgets.interact`: one call with the controls' first values, and what else to try.

    `controls` are what `interact` takes: widgets, (min, max), lists. Colab draws no Plotly figure inside a
    widget, so there `course_utils.setup()` puts this in the place of `interact`.
    """
    widgets = ipywidgets.interactive(function, {"manual": True}, **controls).kwargs_widgets
    values = {widget._kwarg: widget.get_interact_value() for widget in widgets}
    call = ", ".join(f"{name}={_short(value)}" for name, value in values.items())
    ranges = "; ".join(f"{widget._kwarg} {_range(widget)}" for widget in widgets)
    text = f"Colab draws no figure inside live controls, so this is one call: {function.__name__}({call})."
    show(f"{text} Call it with other values in a cell of your own: {ranges}.")
    result = function(**values)
    if result is not None:
        display(result)


def _short(value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else repr(value)


def _range(widget: ipywidgets.Widget) -> str:
    """What a control may be set to, in words."""
    if hasattr(widget, "options"):
        return "one of " + ", ".join(repr(option) for option in widget.options)
    if hasattr(widget, "min"):
        low, high = widget.min, widget.max
        if hasattr(widget, "base"):  # a logarithmic slider holds exponents
            low, high = widget.base**low, widget.base**high
        return f"from {_short(low)} to {_short(high)}"
    return "any"
