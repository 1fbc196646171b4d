# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The Soviet Union and Albania, 1960-61, from the files to a report
#
# The whole way of a case in Python: load, check, compile, solve, forecast, explain, compare, find what drives it,
# report. Open this file as a notebook with Jupytext, or run it as it is. It takes few draws, so that it is done in
# seconds; with more draws the intervals get steadier and nothing else changes.

# %%
from pathlib import Path
from tempfile import mkdtemp

import blocs
from blocs.forecast.compare import compare
from blocs.forecast.explain import choose_decisions, explain
from blocs.forecast.sensitivity import sensitivity
from blocs.forecast.whatif import named_alternatives
from blocs.game.history import lay_out
from blocs.game.inspect import inspect_case
from blocs.language.check import check
from blocs.report.figures.endings import outcome_bars
from blocs.report.figures.saving import save_figure
from blocs.report.findings import Findings
from blocs.report.tables import outcomes_table

DRAWS, SEED = 4, 0

# %% [markdown]
# ## Load and check
# A case is a file with facts, a history and their sources. Checking tells every problem at once.

# %%
case = blocs.load("sino-albanian-1961")
problems = [*check(case), *inspect_case(case)]
print(case.title, "-", len(case.history), "moves,", len(case.facts), "facts,", len(problems), "problems")

# %% [markdown]
# ## Compile
# Theory and case become a graph of states, in which no parameter occurs.

# %%
game = blocs.compile(case)
print(f"{game.graph.nodes:,} states, {game.graph.arcs:,} options to take there")

# %% [markdown]
# ## Solve and forecast
# The game is solved exactly for every draw from the priors; the spread between draws is what is not known.

# %%
run = blocs.run(case, draws=DRAWS, seed=SEED)
print(run.forecast)
print(run.forecast.solution.certificate)

# %% [markdown]
# ## Explain
# Why was there no invasion? The value of invading, against holding still, part by part; the parts add up.

# %%
decisions = choose_decisions(game, lay_out(game), at="1961-05", option="invade")
(explanation,) = explain(game, run.forecast.solution.draws, decisions)
difference = explanation.difference("invade", "hold")
print(difference.sentence())
print(difference.to_pandas().round(2))

# %% [markdown]
# ## Compare
# An alternative that the case file offers, on the same draws.

# %%
comparison = compare(case, named_alternatives(case)[:1], draws=run.forecast.solution.draws)
print(comparison.to_pandas().round(3))

# %% [markdown]
# ## What drives it
# Exact derivatives of an outcome's probability by every parameter and fact, per standard deviation.

# %%
drivers = sensitivity(game, outcomes=["exit to the rival"])
print(drivers.to_pandas()[["input", "value", "per_sd", "elasticity"]].head(8).round(3))

# %% [markdown]
# ## Report
# A table for a paper, a figure, and - with `blocs.report.html.page.write_report` - the page that
# `blocs run sino-albanian-1961 --report FILE` writes.

# %%
folder = Path(mkdtemp())
findings = Findings(run, command="blocs run sino-albanian-1961 --draws 4")
print(outcomes_table(findings).to_latex())
print(save_figure(outcome_bars(run.forecast.outcomes, case.outcome), folder / "outcomes.svg").name)
