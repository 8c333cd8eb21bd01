"""The phase explorer: its JavaScript against the library, and the page in a real browser."""

import re

import pytest
import torch

from course_utils import toy
from course_utils.pages import explorer
from tests.accessible import barriers

SEEDED = """
let state = 1;
Math.random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return explorer.write(tmp_path_factory.mktemp("pages") / "explorer.html")


@pytest.fixture
def visit(chromium, file):
    """Open the page. Afterwards: no script failed, and nothing was asked of a network."""
    context, went_wrong = chromium.new_context(), []
    context.add_init_script(SEEDED)  # ten random starts may all miss, now and then

    def open_page(width=1280):
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.on("pageerror", lambda error: went_wrong.append(error))
        page.on("console", lambda message: went_wrong.append(message.text))
        page.on("request", lambda r: r.url.startswith(("file:", "data:")) or went_wrong.append(r.url))
        page.goto(file.as_uri())
        return page

    yield open_page
    context.close()
    assert went_wrong == []


def test_the_file_is_small_and_loads_nothing(file):
    written = file.read_text(encoding="utf-8")
    assert len(written) < 50_000 and "{{" not in written
    assert set(re.findall(r'(?:src|href)="([^"]*)"', written)) == {"data:,"}
    assert "default-src 'none'" in written


@pytest.mark.parametrize("n", [2, 3])
def test_loss_and_gradient_are_the_librarys(visit, n):
    page = visit()
    generator = torch.Generator().manual_seed(n)
    for _ in range(8):
        W = torch.randn(1, n - 1, n, generator=generator, dtype=torch.float64, requires_grad=True)
        b = (0.3 * torch.randn(1, n, generator=generator, dtype=torch.float64)).requires_grad_()
        low = torch.tensor([-0.7, -1.0])  # no density exceeds 1
        r, p = (10 ** (torch.rand(2, generator=generator, dtype=torch.float64) + low)).tolist()
        one = torch.tensor([p], dtype=torch.float64)
        loss = toy.expected_loss(W, b, toy.phases.importances(n, one / p * r), one, nodes=explorer.NODES)
        loss.sum().backward()
        got = page.evaluate(
            "([n, r, p, W, b]) => lossAndGradient(makeCell(n, r, p), {W, b})",
            [n, r, p, W[0].tolist(), b[0].tolist()],
        )
        assert got["loss"] == pytest.approx(loss.item(), rel=1e-9)
        # toy's derivative follows the kinks of the rule as well: only there do the two differ
        torch.testing.assert_close(
            torch.tensor(got["dW"], dtype=torch.float32), W.grad[0].float(), rtol=1e-4, atol=1e-6
        )
        torch.testing.assert_close(
            torch.tensor(got["db"], dtype=torch.float32), b.grad[0].float(), rtol=1e-4, atol=1e-6
        )


@pytest.mark.parametrize("n", [2, 3])
def test_the_candidates_are_the_theorys(visit, n):
    page = visit()
    grid = toy.phases.cells(6)
    for r, p in zip(grid.r.tolist(), grid.p.tolist(), strict=True):
        got = page.evaluate("([n, r, p]) => candidateLosses(makeCell(n, r, p))", [n, r, p])
        wanted = toy.theory.candidate_losses(n, torch.tensor([r]).double(), torch.tensor([p]).double())[0]
        assert got == pytest.approx(wanted.tolist(), rel=1e-6)


@pytest.mark.parametrize("n", [2, 3])
def test_a_trained_model_is_named_as_in_the_lesson(visit, n):
    page, generator = visit(), torch.Generator().manual_seed(0)
    W, _ = toy.random_starts(60, n, n - 1, generator)
    got = page.evaluate("([n, Ws]) => Ws.map((W) => phaseOf(n, W))", [n, W.tolist()])
    assert got == toy.phases.phase_of(W).tolist()


def test_training_reaches_the_theorys_loss(visit):
    page = visit()
    train = """([n, r, p]) => {
        const cell = makeCell(n, r, p), models = Array.from({length: 30}, () => randomStart(n));
        for (let step = 0; step < 400; step++) models.forEach((model) => adamStep(cell, model));
        const best = models[lowest(models.map((model) => model.loss))];
        return [best.loss, phaseOf(n, best.W)];
    }"""
    for n, r, p, phase in (
        (2, 1, 0.1, "antipodal pair"),
        (2, 0.2, 0.9, "varied feature dropped"),
        (2, 5, 0.9, "unit feature dropped"),
        (3, 3, 0.1, "units antipodal"),
        (3, 0.3, 0.1, "varied and unit antipodal"),
    ):
        loss, found = page.evaluate(train, [n, r, p])
        assert toy.theory.STRUCTURES[n][found].name == phase
        theory = (
            toy.theory.candidate_losses(n, torch.tensor([float(r)]), torch.tensor([float(p)])).min().item()
        )
        assert loss <= 1.01 * theory


def colours(page, name):
    return page.eval_on_selector_all(f"#{name} rect", "all => all.map((rect) => rect.getAttribute('fill'))")


def test_moving_over_the_map_trains_there(visit):
    page = visit()
    page.get_by_text("of ten ended there").wait_for()
    assert "antipodal pair" in page.inner_text("#verdict")
    box = page.locator("#theory").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.06)
    page.locator("#verdict", has_text=re.compile("varied feature dropped.*of ten")).wait_for()
    assert float(page.inner_text("#r-is")) < 1 < 10 * float(page.inner_text("#p-is"))
    assert page.locator("#losses tr").count() == 4


def test_the_keyboard_is_enough(visit):
    page = visit()
    page.select_option("#n", "3")
    page.locator("#losses tr", has_text="units antipodal").wait_for()
    page.focus("#p")
    page.keyboard.press("End")
    assert page.inner_text("#p-is") == "1.0"
    page.keyboard.press("Home")
    assert page.inner_text("#p-is") == "0.010"


def test_the_maps(visit):
    page = visit()
    centres = [(2 * (k + 0.5) / 40) for k in range(40)]
    r = torch.tensor([10 ** (c - 1) for c in centres]).repeat_interleave(40)
    p = torch.tensor([10 ** (c - 2) for c in centres]).repeat(40)
    wanted = [
        explorer.PHASE_COLOURS[toy.theory.STRUCTURES[2][i].name]
        for i in toy.theory.theory_phase(2, r, p).tolist()
    ]
    theory = colours(page, "theory")
    assert sum(a == b for a, b in zip(theory, wanted, strict=True)) >= 1598
    page.click("#all")
    page.locator('#trained rect:not([fill="#ececec"])').nth(19).wait_for(state="attached")
    page.click("#all")  # stop
    trained = colours(page, "trained")
    done = [(a, b) for a, b in zip(trained, theory, strict=True) if a != "#ececec"]
    assert len(done) >= 20 and sum(a == b for a, b in done) >= 0.8 * len(done)


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_nothing_is_wider_than_the_window(visit, width):
    assert visit(width).evaluate("document.documentElement.scrollWidth") <= width


def test_everybody_can_read_it(visit):
    assert barriers(visit()) == []
