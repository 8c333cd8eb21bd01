"""The table of benchmarks; the measuring itself is `make bench`, never a test."""

import importlib
import json

import pytest

from benchmarks import table
from course_utils.kit import fingerprint


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


def test_a_benchmark_takes_the_place_of_its_last_one_on_this_kind_of_processor(tmp_path, monkeypatch):
    kept = tmp_path / "speed.json"
    row = table.Row("work", 1.0, "s", "", None, None, "")
    for kind, name, figure in (
        ("AVX2", "lm", 1.0),
        ("AVX512", "lm", 2.0),
        ("AVX2", "kit", 3.0),
        ("AVX2", "lm", 4.0),
    ):
        monkeypatch.setattr(fingerprint, "instructions", lambda kind=kind: kind)
        table.keep(name, [row._replace(figure=figure)], kept)
    found = json.loads(kept.read_text(encoding="utf-8"))
    figures = {(k, n): made["rows"][0]["figure"] for k, names in found.items() for n, made in names.items()}
    assert figures == {("AVX2", "lm"): 4.0, ("AVX512", "lm"): 2.0, ("AVX2", "kit"): 3.0}
    assert "AVX2" in found["AVX2"]["lm"]["processor"]
