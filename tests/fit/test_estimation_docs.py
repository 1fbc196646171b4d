"""The page on estimation runs, and its maps are maps."""

import re
import runpy
from pathlib import Path

import pytest

from blocs.cli import main
from blocs.errors import InputError
from blocs.fit.strategic.mapping import fit_table, read_map

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "estimation.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_examples_run(tmp_path, capsys):
    path = tmp_path / "example.py"
    path.write_text("\n".join(blocks("python")), encoding="utf-8")
    runpy.run_path(str(path))
    out = capsys.readouterr().out
    assert "strict local maximum" in out and "Vuong statistic" in out and "NOT A MAXIMUM" not in out


def test_the_maps_fit_the_published_tables(shared, tmp_path, capsys):
    wars, signals = (tmp_path / name for name in ("wars.yaml", "signals.yaml"))
    for path, text in zip((wars, signals), blocks("yaml"), strict=True):
        path.write_text(text, encoding="utf-8")
    data = shared / "data/estimation"
    _, fit = fit_table("egame12", data / "games_war1800.csv", wars, starts=1)
    assert fit.estimates.log_likelihood == pytest.approx(-286.123754718527, abs=1e-8)
    assert fit.estimates.errors == "clustered sandwich"
    assert read_map(signals).signalling.method == "equilibrium"
    nested = signals.read_text().replace("method: equilibrium", "method: nested")
    signals.write_text(nested, encoding="utf-8")
    arguments = ["fit", "signalling", "--table", str(data / "sigInt_sanctionsData.csv"), "--map", str(signals)]
    assert main(arguments) == 0
    assert "-3932.447378" in capsys.readouterr().out


def test_wrong_signalling_maps_are_told(tmp_path):
    path, table = tmp_path / "m.yaml", tmp_path / "t.csv"
    table.write_text("x,sq,cd,sf,bd\n1,3,1,1,1\n2,2,2,1,1\n")
    path.write_text("utilities: {VA: [x]}\nsignalling: {method: guess}\n")
    with pytest.raises(InputError, match=r"m\.yaml:2:\d+: signalling\.method"):
        fit_table("signalling", table, path)
    path.write_text("utilities: {VA: [x]}\nsignalling: {outcomes: [sq, cd]}\n")
    with pytest.raises(InputError, match="need four columns, not 2"):
        fit_table("signalling", table, path)
    path.write_text("utilities: {VA: [x]}\nsignalling: {beliefs: {resist: x, firm: x}}\n")
    with pytest.raises(InputError, match="is not between 0 and 1"):
        fit_table("signalling", table, path)
