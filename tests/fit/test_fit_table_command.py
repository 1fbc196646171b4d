"""`blocs fit THEORY --table`: what follows from the estimates, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from blocs.cli import main
from blocs.fit.strategic.data import Outcomes, strategic_model
from blocs.fit.strategic.mapping import fit_table
from blocs.fit.strategic.models import EGAME12
from blocs.fit.tables import table_from

MAP = 'utilities: {u11: ["1", x], u24: ["1", z]}\noutcome: {column: y}\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A table made at known coefficients, a map, a map nested in it, and one that is not."""
    where = tmp_path_factory.mktemp("tables")
    random = np.random.default_rng(3)
    rows = 400
    columns = {"x": random.normal(size=rows), "z": random.normal(size=rows), "g": random.integers(0, 40, rows)}
    names = ("L", "RL", "RR")
    table = table_from({**columns, "y": [names[k % 3] for k in range(rows)]})
    model = strategic_model(table, EGAME12, {"u11": ["1", "x"], "u24": ["1", "z"]}, Outcomes("y"))
    ended = model.simulate([0.3, 0.9, 0.2, -0.7], seed=5)
    lines = ["x,z,g,y"] + [
        f"{x!r},{z!r},{g},{names[k]}"
        for x, z, g, k in zip(*(part.tolist() for part in columns.values()), ended.tolist(), strict=True)
    ]
    (where / "t.csv").write_text("\n".join(lines) + "\n")
    (where / "map.yaml").write_text(MAP)
    (where / "nested.yaml").write_text(MAP.replace(', u24: ["1", z]', ', u24: ["1"]'))
    (where / "private.yaml").write_text(MAP + "private: true\n")
    (where / "clusters.yaml").write_text(MAP + "errors: clustered\nclusters: g\n")
    return where


def run(folder: Path, *words: str, mapping: str = "map.yaml") -> int:
    return main(["fit", "egame12", "--table", str(folder / "t.csv"), "--map", str(folder / mapping), *words])


def told(folder: Path, capsys, *words: str, mapping: str = "map.yaml") -> dict:
    assert run(folder, *words, "--json", mapping=mapping) == 0
    return json.loads(capsys.readouterr().out)


def test_tables_are_written_in_every_form(folder: Path, capsys, tmp_path: Path) -> None:
    paths = [tmp_path / f"t.{ending}" for ending in ("tex", "html", "md", "txt")]
    assert run(folder, *(word for path in paths for word in ("--write", str(path)))) == 0
    shown = capsys.readouterr().out
    tex, html, md, txt = (path.read_text() for path in paths)
    assert txt.strip() in shown
    assert r"\begin{tabular}" in tex and "<table>" in html and "| u11:x |" in md
    estimate = f"{fit_table('egame12', folder / 't.csv', folder / 'map.yaml')[1].estimates['u11:x']:.4f}"
    assert all(estimate in text for text in (tex, html, md, txt))
    assert run(folder, "--write", str(tmp_path / "t.doc")) == 1
    assert "is no format of tables" in capsys.readouterr().err


def test_effects_are_differences_of_mean_probabilities(folder: Path, capsys) -> None:
    found = told(folder, capsys, "--effects", "x")["effects"]
    model, fit = fit_table("egame12", folder / "t.csv", folder / "map.yaml")
    table, step = model.table, 1e-4
    means = []
    for sign in (1, -1):
        moved = {**table.columns, "x": (table.numbers("x") + sign * step).tolist()}
        _, logs = model.log_chances(fit.theta, table_from(moved), 0)
        means.append(np.exp([log.value for log in logs]).mean(axis=1))
    slopes = (means[0] - means[1]) / (2 * step)
    assert [row["value"] for row in found] == pytest.approx(slopes.tolist(), abs=1e-6)
    assert sum(row["value"] for row in found) == pytest.approx(0, abs=1e-12)
    assert all(row["low"] < row["value"] < row["high"] for row in found)


def test_the_bootstrap_counts_and_parallel_work_changes_nothing(folder: Path, capsys) -> None:
    one = told(folder, capsys, "--bootstrap", "40", "--seed", "2")
    assert one["errors"] == "bootstrap, 40 replicates"
    plain = told(folder, capsys)
    for name, row in one["coefficients"].items():
        assert row["std_error"] == pytest.approx(plain["coefficients"][name]["std_error"], rel=0.5)
        assert row["estimate"] == plain["coefficients"][name]["estimate"]
    clustered = told(folder, capsys, "--bootstrap", "40", "--seed", "2", mapping="clusters.yaml")
    assert clustered["coefficients"]["u11:x"]["std_error"] != one["coefficients"]["u11:x"]["std_error"]


def test_an_interrupted_bootstrap_goes_on(folder: Path, capsys, tmp_path: Path, monkeypatch) -> None:
    from blocs.fit.estimation import bootstrap

    words = ["--bootstrap", "24", "--seed", "4", "--workers", "1"]
    whole = told(folder, capsys, *words)
    pieces, plain = [0], bootstrap.refit

    def stopping(*args):
        pieces[0] += 1
        if pieces[0] == 3:
            raise KeyboardInterrupt
        return plain(*args)

    monkeypatch.setattr(bootstrap, "refit", stopping)
    kept = ["--resume", str(tmp_path / "refits.npz")]
    assert run(folder, *words, *kept) == 130
    assert "the same command goes on there" in capsys.readouterr().err
    assert told(folder, capsys, *words, *kept) == whole
    # 24 refits in pieces of six: two were kept, the third was stopped and done again
    assert pieces[0] == 3 + 2


def test_profiles_and_comparisons(folder: Path, capsys) -> None:
    from scipy.stats import chi2

    found = told(folder, capsys, "--profile", "u11:x", "--against", str(folder / "nested.yaml"))
    low, high = (found["profiles"]["u11:x"][end] for end in ("low", "high"))
    estimate = found["coefficients"]["u11:x"]
    # nearly quadratic here: the normal interval is close, and not the same
    assert low == pytest.approx(estimate["low"], abs=0.1) and high == pytest.approx(estimate["high"], abs=0.1)
    assert low != estimate["low"]
    smaller = told(folder, capsys, mapping="nested.yaml")
    statistic = 2 * (found["log_likelihood"] - smaller["log_likelihood"])
    assert found["comparison"]["test"] == "likelihood ratio" and found["comparison"]["freedom"] == 1
    assert found["comparison"]["statistic"] == pytest.approx(statistic, abs=1e-9)
    assert found["comparison"]["p"] == pytest.approx(chi2.sf(statistic, 1))
    # the same two the other way round
    back = told(folder, capsys, "--against", str(folder / "map.yaml"), mapping="nested.yaml")
    assert back["comparison"] == found["comparison"]
    other = told(folder, capsys, "--against", str(folder / "private.yaml"))["comparison"]
    assert other["test"] == "Vuong" and 0 < other["p"] <= 1
    assert run(folder, "--profile", "u11:y") == 1
    assert "no coefficient `u11:y`" in capsys.readouterr().err


def test_statics_are_drawn(folder: Path, capsys, tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    assert run(folder, "--statics", "x", "--figure", str(path)) == 0
    assert "Outcomes as `x` varies" in capsys.readouterr().out
    assert "probability (bands: 95 %)" in path.read_text(encoding="utf-8")
    found = told(folder, capsys, "--statics", "x")["statics"]
    assert len(found) == 41 * 3
    sums = np.reshape([row["probability"] for row in found], (41, 3)).sum(axis=1)
    assert sums == pytest.approx(np.ones(41), abs=1e-12)


def test_the_signalling_model_tells_its_equilibria_and_draws(shared: Path, capsys, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "utilities:\n"
        "  SA: [sqrt(senderecondep), senderdemocracy, contig, ally]\n"
        '  VA: ["1", anticipatedsendercosts]\n'
        '  CB: ["1", sqrt(targetecondep), anticipatedtargetcosts, contig, ally]\n'
        '  WA: ["1", sqrt(senderecondep), senderdemocracy, lncaprat]\n'
        '  WB: ["1", targetdemocracy, lncaprat]\n'
        '  a: ["1", senderdemocracy]\n'
        "signalling: {method: pseudo, trees: 20}\n"
    )
    words = ["fit", "signalling", "--table", str(shared / "data/estimation/sigInt_sanctionsData.csv")]
    words += ["--map", str(tmp_path / "m.yaml"), "--starts", "1"]
    path = tmp_path / "s.png"
    assert main([*words, "--statics", "lncaprat", "--figure", str(path)]) == 0
    out = capsys.readouterr().out
    assert "all of them found: " in out and "of 418 games have" in out and "Outcomes as `lncaprat` varies" in out
    assert path.read_bytes()[:4] == b"\x89PNG"
    assert main([*words, "--effects", "lncaprat"]) == 2
    assert "--effects needs" in capsys.readouterr().err


def test_options_that_mean_nothing_are_refused(folder: Path, capsys) -> None:
    assert main(["fit", "sino-albanian-1961", "--effects", "x"]) == 2
    assert "--effects is for fits to a table" in capsys.readouterr().err
    assert run(folder, "--figure", "x.svg") == 2
    assert "--statics" in capsys.readouterr().err
