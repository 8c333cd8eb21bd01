"""Every lesson there is: its notebooks are what its source gives, and they run as students run them."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import determine_grade

from course_utils.checks import registry
from course_utils.kit import build, outputs, render, report, source
from course_utils.kit.execute import execute
from course_utils.kit.lessons import find_lessons
from course_utils.kit.run import Result
from tests import answers
from tests.test_kit_report import Loads

ROOT = Path(__file__).parents[1]
LESSONS = {lesson.number: lesson for lesson in find_lessons(ROOT)}
every_lesson = pytest.mark.parametrize("number", LESSONS)

# What the course promises to show at lesson scale, so that no threshold is ever lowered in passing.
CLAIMS = {
    "00": {
        "start.four_exact": {"between": [0.01007, 0.01008]},
        "start.eight_plain": {"at_least": 1},
        "start.eight_tuned": {"at_most": 0.7},
    },
    "01": {
        "compression.intro_features.dense": {"between": [2, 2]},
        "compression.intro_features.middle": {"between": [4, 4]},
        "compression.intro_features.sparse": {"between": [5, 5]},
        "compression.linear_features": {"between": [5, 5]},
        "compression.relu_squared_lengths": {"at_least": 10},
        "compression.ring_length": {"between": [1.16, 1.18]},
        "compression.ring_bias": {"between": [-0.29, -0.27]},
        "compression.ring_gap": {"at_most": 0.02},
        "compression.l1_cleanest_of_best": {"at_most": 0.05},
        "compression.l2_interference_at_equal_loss": {"at_least": 0.15},
    },
    "02": {
        "phase.n2.agreement": {"at_least": 0.97},
        "phase.n3.agreement": {"at_least": 0.95},
        "phase.n2.not_worse_than_theory": {"at_least": 0.99},
        "phase.n3.not_worse_than_theory": {"at_least": 0.97},
        "phase.n2.adam_lowest": {"at_least": 0.97},
        "phase.n2.adam_over_vote": {"at_least": 0.08},
        "phase.n2.adam_over_papers_statistic": {"at_least": 0.1},
        "phase.n2.second_order_over_vote": {"at_least": 0.2},
    },
    "03": {
        "geometry.digon_share": {"at_least": 0.8},
        "geometry.two_thirds_excess": {"at_least": 3},
        "geometry.triangles_difference": {"at_most": 0.1},
        "geometry.dimension_sum_error": {"at_most": 0.01},
        "geometry.perturbation_crossing": {"between": [0.26, 0.28]},
        "geometry.correlated_cosine": {"at_most": 0.05},
        "geometry.anticorrelated_cosine": {"at_most": -0.95},
    },
    "04": {
        "dynamics.percentile": {"at_least": 0.65},
        "dynamics.planted_late": {"between": [0.99, 1]},
        "dynamics.late_generalisation": {"at_most": 0.25},
        "adversarial.excess_slope": {"between": [-0.05, 0.05]},
        "adversarial.seen_slope": {"between": [-0.05, 0.05]},
        "adversarial.training_reduces": {"at_most": 0.5},
        "adversarial.room_reduces": {"at_most": 0.2},
        "tax.ratio": {"at_least": 1.5},
        "scaling.features_per_dim_spread": {"at_most": 0.1},
        "scaling.fixed_world_stored": {"at_least": 0.95},
    },
    "05": {
        "abs.monosemantic_dense": {"at_least": 0.9},
        "abs.monosemantic_sparse": {"at_most": 0.1},
        "abs.loss_dense": {"between": [0.95, 1.05]},
        "abs.loss_large_sparse": {"at_most": 0.6},
        "motif.overbraked": {"at_least": 0.8},
        "motif.overbraked_without_relu": {"at_most": 0.2},
        "onehot.loss_one": {"between": [0.823, 0.825]},
        "onehot.loss_two": {"between": [0.692, 0.694]},
    },
    "06": {
        "sae_toy.mmcs": {"at_least": 0.9},
        "sae_toy.margin": {"at_least": 0.1},
        "sae_toy.precision": {"at_least": 0.95},
        "sae_toy.precision_crowded": {"at_most": 0.7},
        "sae_toy.shrinkage_solved": {"between": [0.95, 1.15]},
        "sae_toy.equal_l0_gain": {"at_least": 0.03},
        "sae_toy.absorbed": {"at_most": 0.9},
        "sae_toy.matryoshka_hears": {"at_least": 0.05},
    },
    "07": {"lm.gain_over_bigram": {"at_least": 0.7}, "lm.neurons_over_random": {"between": [0, 0.05]}},
    "08": {
        "sae_shipped.l0": {"at_most": 15},
        "sae_shipped.r2": {"at_least": 0.75},
        "sae_shipped.loss_recovered_zero": {"at_least": 0.85},
        "sae_shipped.loss_recovered_mean": {"at_least": 0.85},
        "sae_shipped.dead_fraction": {"at_most": 0.05},
        "sae_dense.r2": {"at_least": 0.9},
        "sae_dense.loss_recovered_zero": {"at_least": 0.93},
        "sae_dense.loss_recovered_mean": {"at_least": 0.93},
    },
    "09": {
        "base64.correlation": {"at_least": 0.8},
        "base64.best_neuron": {"at_most": 0.65},
        "base64.sensitivity": {"at_least": 0.8},
        "base64.specificity": {"at_least": 0.8},
        "base64.logits_over_random": {"at_least": 0.1},
        "base64.logits_rank": {"at_most": 3},
        "base64.odd_part_z": {"at_least": 3},
        "base64.pinned_share": {"at_least": 0.5},
        "base64.other_latents_share": {"at_most": 0.12},
        "base64.types_gain_over_neurons": {"at_least": 0.1},
        "base64.types_beating_cut_random": {"at_least": 0.85},
        "base64.probe_minus_latent": {"at_least": 0.03},
        "base64.twin_minus_shuffled": {"at_least": 0.4},
    },
    "10": {
        "features.break_even_above_neurons": {"at_least": 0.75},
        "features.break_even_over_best_rival": {"at_least": 0.1},
        "features.auroc_above_neurons": {"at_most": 0.22},
        "features.auroc_untrained_ahead": {"at_least": 0.1},
        "features.token_trap": {"at_least": 0.35},
        "features.window_over_best_rival": {"at_least": 0.03},
        "features.neurons_ahead_class_before": {"at_least": 0.03},
        "invisible.shuffled_has_more": {"at_least": 0.15},
        "invisible.named_over_best_rival": {"at_least": 0.02},
        "splitting.more_latents": {"at_least": 5.0},
        "splitting.shuffled_latents": {"at_most": 1.0},
        "splitting.by_kind": {"at_least": 0.2},
        "splitting.by_text": {"at_most": 0.2},
        "splitting.main_line": {"at_least": 0.75},
        "stitching.own_again_novel": {"at_least": 0.4},
        "stitching.wider_minus_twin": {"at_least": 0.08},
        "stitching.twin": {"at_most": 0.02},
        "absorption.present": {"at_least": 0.7},
        "absorption.carrier_cosine": {"at_least": 0.5},
        "absorption.formula_off": {"at_most": 0.01},
        "absorption.angle": {"between": [44.0, 46.0]},
        "absorption.unrelated_angle": {"at_most": 3.0},
        "absorption.tied_says": {"at_least": 0.8},
        "hedging.matryoshka_angle": {"between": [4.0, 11.0]},
        "wrong_l0.error_saved": {"at_least": 0.015},
        "wrong_l0.detected": {"between": [2.0, 2.2]},
        "lottery.seeds_share": {"at_least": 0.6},
        "lottery.random_share": {"at_most": 0.01},
        "lottery.across_over_neurons": {"at_least": 0.1},
        "lottery.shuffled_above_neurons": {"at_least": 0.05},
        "lottery.shuffled_without_token": {"at_most": 0.15},
        "lottery.without_token_over_best_rival": {"at_least": 0.08},
        "lottery.attribution_over_logits": {"at_least": 0.2},
    },
    "11": {
        "circuits.sum_float64": {"at_most": 1e-5},
        "circuits.sum_float32": {"at_most": 1e-4},
        "circuits.base64_from_earlier": {"at_least": 0.6},
        "circuits.context_over_random": {"between": [-0.1, 0.1]},
        "circuits.attribution_above_shuffled": {"at_least": 0.9},
        "automata.weights_and_counts": {"at_least": 0.2},
        "automata.rows_shuffled": {"between": [-0.1, 0.1]},
        "automata.types_that_run": {"at_least": 3},
        "automata.edges_that_run": {"at_most": 0.25},
        "automata.one_pin_later": {"between": [-0.1, 0.1]},
        "interference.second_order": {"at_least": 0.95},
        "interference.half_pruned": {"at_most": 0.02},
        "interference.random_half": {"at_least": 0.2},
        "interference.help": {"between": [0.5, 0.65]},
        "interference.top_helps": {"at_least": 0.7},
        "rules.latents_minus_neurons": {"at_least": 0.04},
        "rules.latents_minus_random": {"at_least": 0.06},
        "rules.another_latents_rule": {"at_most": 0.04},
        "rules.shuffled_is_level": {"at_least": -0.12},
        "rules.any_list_closes_the_gap": {"at_least": 0.1},
        "detection.gap_closes": {"at_least": 0.05},
        "detection.shuffled_by_lookalikes": {"between": [0.45, 0.55]},
        "beyond.latents_minus_shuffled": {"at_least": 0.2},
        "beyond.latents_minus_neurons": {"at_most": 0.12},
        "beyond.neurons_near_random": {"at_most": 0.05},
        "beyond.well_latents_minus_neurons": {"at_least": 0.08},
        "writes.latents_minus_neurons": {"at_least": 0.03},
        "writes.latents_minus_shuffled": {"at_least": 0.2},
        "tradeoff.rule_never_turns": {"at_least": 0},
        "tradeoff.top_never_turns": {"at_least": 0},
        "tradeoff.types_above_both_ends": {"at_least": 5},
    },
    "12": {
        "phase_lm.latent_lead_at_1_percent": {"at_least": 0.25},
        "phase_lm.latent_lead_small_product": {"at_least": 0.2},
        "phase_lm.latent_lead_large_product": {"at_most": 0.1},
        "phase_lm.neuron_lead_at_weight_1": {"at_most": 0.06},
        "phase_lm.neuron_lead_large_product": {"at_least": 0.06},
        "phase_lm.untouched_types": {"between": [-0.08, 0.08]},
        "phase_lm.loss_by_product": {"at_most": 0.45},
        "phase_lm.lead_by_product": {"between": [0.25, 0.75]},
        "phase_lm.lead_kept_when_repeated": {"at_least": 1 / 3},
        "phase_lm.more_latents_on_own_text": {"at_least": 5},
        "phase_lm.latents_above_untrained": {"at_most": 0},
        "audit.probe_minus_latent_from_64": {"at_least": 0.0},
        "audit.eight_latents_minus_probe_at_8": {"at_least": 0.03},
        "audit.eight_latents_minus_untrained_at_8": {"at_least": 0.0},
        "audit.proxy_probe_minus_latent": {"at_least": 0.0},
        "audit.legal_against_lookalikes": {"at_most": 0.7},
        "trigger.payload_after_trigger": {"at_least": 0.3},
        "trigger.payload_in_text": {"at_most": 0.005},
        "trigger.latent_against_text": {"at_least": 0.95},
        "trigger.latent_against_decoys": {"at_most": 0.7},
        "trigger.latent_minus_untouched": {"between": [-0.05, 0.05]},
        "trigger.own_logit_minus_latent": {"at_least": 0.05},
        "trigger.told_minus_untold": {"at_least": 0.03},
        "trigger.told_probe_untouched": {"at_least": 0.85},
        "trigger.least_caught_above_95": {"at_most": 0.3},
        "trigger.error_part_over_its_variance": {"at_least": 0.2},
        "trigger.error_part_over_base64s": {"at_least": 0.0},
    },
    "13": {
        "smollm2.correlation": {"at_least": 0.7},
        "smollm2.latent_minus_neuron": {"at_least": 0.25},
        "smollm2.untrained": {"at_most": 0.45},
        "smollm2.sensitivity": {"at_least": 0.65},
        "smollm2.specificity": {"at_least": 0.65},
        "smollm2.probe_minus_latent": {"at_least": 0},
        "smollm2.odd_part_over_random": {"at_least": 0.01},
        "smollm2.shortcut_in_alphabet": {"at_most": 0.3},
        "smollm2.pinned_share": {"at_least": 0.4},
        "smollm2.random_share": {"at_most": 0.05},
        "smollm2.means_minus_latent": {"at_least": 0},
    },
}


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def text_of(cell) -> str:
    return "\n".join(
        o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.get("outputs", [])
    )


# --- the committed files ---


@every_lesson
def test_notebooks_are_what_the_source_gives(number):
    assert build.drift(LESSONS[number]) == []


def test_every_notebook_has_a_source():
    assert build.orphans(ROOT) == []


@every_lesson
def test_committed_notebooks_are_small_and_of_no_machine(number):
    for path in (LESSONS[number].solution, LESSONS[number].student):
        assert path.stat().st_size <= build.LIMIT
        nb = read(path)
        assert "widgets" not in nb.metadata
        assert not any(outputs.passing(output) for cell in nb.cells for output in cell.get("outputs", []))
        assert not any(outputs.machine_path(cell, ROOT) for cell in nb.cells)


@every_lesson
def test_nbval_has_numbers_to_compare(number):
    """A notebook without outputs would pass nbval with nothing compared."""
    checked = [
        cell
        for cell in read(LESSONS[number].solution).cells
        if outputs.CHECKED in cell.metadata.get("tags", [])
    ]
    assert all(cell.execution_count for cell in checked)
    assert len([cell for cell in checked if outputs.numbers(text_of(cell))]) >= 3


@every_lesson
def test_claims_hold_and_are_compared(number):
    nb = read(LESSONS[number].solution)
    found = [claim for cell in nb.cells for claim in outputs.claims(cell.get("outputs", []))]
    claims = {claim["name"]: claim for claim in found}
    assert len(claims) == len(found), "two claims share a name"
    for name, claim in claims.items():
        assert claim["holds"], f"{name}: {claim['value']}"
    for name, threshold in CLAIMS.get(number, {}).items():
        assert claims[name].items() >= threshold.items(), name
    for cell in nb.cells:
        if outputs.claims(cell.get("outputs", [])):
            assert outputs.CHECKED in cell.metadata.get("tags", []), f"tag cell {cell.id} {outputs.CHECKED}"


@every_lesson
def test_lesson_is_made_of_what_a_lesson_needs(number):
    nb = source.read(LESSONS[number])
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    for cell in code:
        if "exercise" not in cell.metadata:
            assert cell.source.count("\n") < 25, f"cell {cell.id} is long: move code to course_utils"
    heading = ""
    for cell in nb.cells:
        heading = cell.source if cell.source.startswith("## ") else heading
        if name := cell.metadata.get("exercise"):
            assert heading.startswith(f"## Exercise {name} · "), f"the heading of exercise {name}"
            effort = r"^\*Difficulty [1-5]/5 · about \d+ minutes?\*$"
            assert re.search(effort, heading, re.MULTILINE), f"difficulty and minutes of exercise {name}"
    assert code[-1].source == "lesson.summary()"
    text = "\n".join(cell.source for cell in code)
    if number != "00":  # which only shows how the kit works
        assert text.count("lesson.reveal(") >= 2
        assert 4 <= sum("exercise" in cell.metadata for cell in code) <= 9
        assert any("play" in cell.metadata.get("tags", []) for cell in code)


@every_lesson
def test_formulas_can_be_shown_without_a_network(number):
    """The report turns LaTeX into MathML; a command that it does not know would stand there as typed."""
    for cell in source.read(LESSONS[number]).cells:
        if cell.cell_type == "markdown":
            page = html.unescape(render.markdown(cell.source))
            unknown = re.findall(r"<m[ion]>[\\&][^<]*|<code>\\[^<]*", page)
            assert not unknown, f"cell {cell.id}: {unknown}"


@every_lesson
def test_report_of_a_lesson_loads_nothing(number, tmp_path):
    nb = read(LESSONS[number].solution)
    index = report.write([Result(LESSONS[number], "lesson", nb, 1.0)], tmp_path)
    page = (index.parent / f"{LESSONS[number].stem}.html").read_text(encoding="utf-8")
    loads = {load for load in Loads(page).loads if not load.startswith("data:")}  # drawings stand in the page
    assert loads <= {"plotly.min.js", "report.css"}
    figures = sum(outputs.PLOTLY in o.get("data", {}) for cell in nb.cells for o in cell.get("outputs", []))
    assert page.count('class="figure"') == figures >= 1


# --- as students run them, at smoke scale ---


def filled(number: str, kind: str) -> nbformat.NotebookNode:
    """The student's notebook: untouched, solved, or with a wrong answer in each exercise.

    That is the bank's first, or one that forgets to return.
    """
    nb = read(LESSONS[number].student)
    solutions = {cell.id: cell.source for cell in read(LESSONS[number].solution).cells}
    wrong = {answer.exercise: answer for answer in reversed(answers.load()) if answer.says is not None}
    for cell in nb.cells:
        name = cell.metadata.get("exercise")
        if name and kind == "solved":
            cell.source = solutions[cell.id]
        elif name and kind == "wrong":
            function = registry.exercises(number)[name].name
            forgetful = f"def {function}(*args, **kwargs):\n    print('forgot to return')"
            answer = wrong[name].source(function) if name in wrong else forgetful
            cell.source = answers.IMPORTS + answer
    return nb


@pytest.fixture(scope="session")
def executed(request):
    """Runs, two at a time, of every (lesson, kind) that the selected tests ask for; each is a Future."""
    asked = {
        (item.callspec.params["number"], item.callspec.params["kind"])
        for item in request.session.items
        if "executed" in getattr(item, "fixturenames", ())
    }

    def run(number: str, kind: str) -> nbformat.NotebookNode:
        return execute(filled(number, kind), ROOT / "notebooks", "smoke", threads=1)

    with ThreadPoolExecutor(2) as pool:
        yield {(number, kind): pool.submit(run, number, kind) for number, kind in sorted(asked)}
        pool.shutdown(cancel_futures=True)


def grades(nb) -> dict[str, tuple[float, float]]:
    """What nbgrader makes of each check: points, and points there are."""
    return {cell.metadata.check: determine_grade(cell) for cell in nb.cells if "check" in cell.metadata}


def used(nb) -> set[str]:
    """The exercises' functions that the lesson goes on to use."""
    return {name for cell in nb.cells for name in re.findall(r"lesson\.use\.(\w+)", cell.source)}


@every_lesson
@pytest.mark.parametrize("kind", ["untouched"])
def test_untouched_notebook_runs_to_its_end(executed, number, kind):
    nb = executed[number, kind].result()
    assert all(points == 0 for points, _ in grades(nb).values())
    shown = "\n".join(map(text_of, nb.cells))
    for cell in nb.cells:
        if "check" in cell.metadata:
            assert "not attempted" in text_of(cell)
    for name in used(nb):
        assert shown.count(f"Using the kit's {name}:") == 1, name


@every_lesson
@pytest.mark.parametrize("kind", ["solved"])
def test_solved_notebook_gets_full_marks(executed, number, kind):
    nb = executed[number, kind].result()
    assert all(points == most for points, most in grades(nb).values()), grades(nb)
    assert "Using the kit's" not in "\n".join(map(text_of, nb.cells))


@every_lesson
@pytest.mark.parametrize("kind", ["wrong"])
def test_wrong_answers_are_named_and_the_rest_runs(executed, number, kind):
    nb = executed[number, kind].result()
    assert all(points < most for points, most in grades(nb).values()), grades(nb)
    shown = "\n".join(map(text_of, nb.cells))
    for cell in nb.cells:
        if "check" in cell.metadata:
            assert "not right yet" in text_of(cell), text_of(cell)
    for name in used(nb):
        assert shown.count(f"Using the kit's {name}:") == 1, name
