"""The table of benchmarks; the measuring itself is `make bench`, never a test."""

import importlib

import pytest

from benchmarks import table


@pytest.mark.parametrize("name", table.NAMES)
def test_benchmark_can_be_asked(name):
    assert callable(importlib.import_module(f"benchmarks.bench_{name}").rows)


def test_table_lines_up(capsys):
    rows = [
        table.Row(
            "an SAE step", 12345.6, "activations/s", "a plain loop", 5000.0, 2.469, "at least 2.5 times"
        ),
        table.Row("import", 0.1234, "s", "", None, None, "at most 0.5"),
    ]
    heads, first, second = table.table(rows).splitlines()
    assert first.split("  ")[0] == "an SAE step" and "12,346" in first and "2.47" in first
    assert heads.index("target") == first.index("at least") == second.index("at most")
    assert table.main(["nothing"]) == 1
    assert "No benchmark nothing; there are: " in capsys.readouterr().err
