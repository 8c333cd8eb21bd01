"""The feature browser: its views, its widget, and the one file in which the model runs in JavaScript."""

import html
import itertools
import json
import re
from pathlib import Path

import pytest
import torch

from course_utils import assets, pages
from course_utils.interp import dashboard, measures, text
from course_utils.kit import cli
from course_utils.lm import data
from course_utils.lm.corpus import CONTENT_TYPES, Document
from course_utils.lm.model import Transformer, TransformerConfig
from course_utils.pages import browser as browsing
from course_utils.pages import browser_file, browser_widget
from course_utils.sae.model import SparseAutoencoder
from tests.accessible import barriers
from tests.test_interp import HOSTILE

ROOT = Path(__file__).parents[1]
TEXTS = [
    "",
    "a",
    "The cat sat on the mat, and it's they're we'll I'D.",
    "The key: VGhlIG1vZGVsIGhhcyBzZWVuIHRoaXM=. Its hash: 5eb63bbbe01e",
    "  two\n\n\tthree   \n",
    "def f(x):\n    return x_1 ** 2  # ½ ² ৪ Ⅷ\r\n",
    "non\u00a0breaking\u2003em\u3000ideographic\u0085next\ufeffmark",
    "a<|doc|>b<|doc|>",
    "naïve e\u0301 Straße Ελληνικά Кириллица ไทย 한국어 日本語 ქართული",
    "👩‍👩‍👧‍👦🇩🇪 \U0001f9ff x",
    *HOSTILE,
    "long " * 400,
]


@pytest.fixture(scope="module")
def shipped():
    """The shipped SAE on a little of the held-out text."""
    tokenizer = assets.load_tokenizer()
    sequences = data.load("held_out", 60_000, tokenizer, seed=5)
    return browsing.Browser(assets.load_transformer(), assets.load_sae(), tokenizer, sequences)


@pytest.fixture(scope="module")
def hostile():
    """An untrained model of other sizes, on a corpus of hostile documents."""
    tokenizer = assets.load_tokenizer()
    docs = [Document(CONTENT_TYPES[i % 3], s * 3) for i, s in enumerate(HOSTILE * 4)]
    model = Transformer(TransformerConfig(n_ctx=32, d_model=24, n_heads=2, d_head=12, d_mlp=20), seed=1)
    sae = SparseAutoencoder(20, 30, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        sae.b_dec += 0.3
        sae.b_enc -= 0.5
        sae.b_enc[7] = -100  # never fires
    return browsing.Browser(model, sae, tokenizer, data.sequences(docs, tokenizer, n_ctx=32))


# Views


def test_the_page_is_the_dashboards(shipped):
    page = shipped.page(3)
    assert "<h3>Latent 3</h3>" in page.html and "Nearest latents" in page.html
    near = shipped.with_latents[3].clone()
    near[3] = -1
    assert f'data-latent="{near.argmax()}"' in page.html and 'data-latent="3"' not in page.html


def test_rows_are_measured_on_the_text(shipped):
    row = shipped.rows[11]
    acts = shipped.acts[11].flatten()
    assert row.density == pytest.approx((acts > 0).float().mean().item())
    assert row.maximum == acts.max().item()
    is_type = (shipped.content_types.flatten() == CONTENT_TYPES.index(row.kind)).float()
    assert row.correlation == pytest.approx(measures.correlation(acts[:, None], is_type).item(), abs=1e-4)
    weights = shipped.weights[11]
    standard = (weights - weights.mean()) / weights.std(correction=0)
    assert row.kurtosis == pytest.approx(standard.pow(4).mean().item(), rel=1e-3)


def test_kurtosis_by_hand():
    assert measures.kurtosis(torch.tensor([[-1.0, 1, -1, 1], [0, 0, 0, 4], [2, 2, 2, 2]])).tolist() == [
        1.0,
        pytest.approx(7 / 3),
        0.0,
    ]


def test_search_and_sort(shipped):
    assert [row.latent for row in shipped.find()] == list(range(512))
    densities = [row.density for row in shipped.find(sort="density, rare first")]
    assert densities == sorted(densities)
    found = shipped.find("BASE64", "match with its content type")
    assert found and all("base64" in f"{r.kind} {r.strongest}".lower() for r in found)
    assert all(a.correlation >= b.correlation for a, b in itertools.pairwise(found))
    assert [row.latent for row in shipped.find("17 " + shipped.rows[17].kind)].count(17) == 1
    word = shipped.rows[40].strongest.split()[0].lower()
    assert 40 in [row.latent for row in shipped.find(word)]
    assert shipped.find("no such token anywhere") == []
    table = shipped.table("base64", "kurtosis of the logit weights", count=2)
    assert f"{len(shipped.find('base64'))} of 512 latents" in repr(table) and table.html.count("<tr>") <= 3
    with pytest.raises(KeyError):
        shipped.find(sort="beauty")


def test_two_latents_are_lit_in_each_others_examples(shipped):
    page = shipped.compare(105, 114)
    assert page.html.count("105 · ") == page.html.count("114 · ") == 8
    assert f"{shipped.with_latents[105, 114]:.2f}" in page.html


def test_a_text_is_read_as_the_model_reads_it(shipped):
    tokens, acts = shipped.read(TEXTS[3])
    with torch.no_grad():
        neurons = shipped.model.run_with_cache(tokens[None])[1]["blocks.0.mlp.hook_post"][0]
        torch.testing.assert_close(acts, shipped.sae.encode(neurons))
    shown = html.unescape(
        re.sub(r"<style>.*?</style>|<[^>]*>", "", shipped.lit(TEXTS[3], 5).html, flags=re.S)
    )
    assert shown == "latent 5" + TEXTS[3]
    i, share = shipped.strongest(TEXTS[3])[0]
    assert share == pytest.approx((acts[4:, i].max() / shipped.maximum[i]).item())
    assert shipped.strongest("") == []


def test_a_long_text_is_read_in_windows_and_a_half_character_replaced(shipped):
    tokens, acts = shipped.read("x " * 2000)
    assert len(tokens) == len(acts) == browsing.LONGEST
    torch.testing.assert_close(acts[64:128], shipped.sae.encode(_neurons(shipped, tokens[64:128])))
    assert shipped.read("\ud83d!")[0].tolist() == shipped.read("\ufffd!")[0].tolist()


def _words(markup):
    """What a reader sees of some HTML."""
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", "", markup, flags=re.S))


@torch.no_grad()
def _neurons(browser, tokens):
    return browser.model.run_with_cache(tokens[None])[1]["blocks.0.mlp.hook_post"][0]


def test_every_view_shows_hostile_text_as_text(hostile):
    views = [
        hostile.table(),
        hostile.page(0),
        hostile.page(7),
        hostile.compare(0, 7),
        *map(hostile.lit, HOSTILE),
    ]
    for view in views:
        found = re.findall(r"<[^>]*>", view.html.removeprefix(dashboard.STYLE))
        assert all(
            re.fullmatch(r"</?(div|span|h3|h4|table|tr|td|th|code)( [a-z-]+=\"[^\"<>]*\")*>", tag)
            for tag in found
        )
        view.html.encode()
        assert "nan" not in view.html


# The widget


def test_the_widget_follows_its_controls(shipped):
    (search, sort), rows, (first, second), string, lit, page = (
        getattr(part, "children", part) for part in browser_widget.widget(shipped, 105).children
    )
    assert "<h3>Latent 105</h3>" in page.value and "latent 105" in lit.value
    search.value = "dna"
    assert [latent for _, latent in rows.options] == [row.latent for row in shipped.find("dna")]
    sort.value = "density, rare first"
    found = shipped.find("dna", sort.value)
    assert rows.options[0][1] == found[0].latent and first.value == 105
    rows.value = found[-1].latent
    assert f"<h3>Latent {found[-1].latent}</h3>" in page.value
    second.value = "no number"
    first.value = 9
    assert "<h3>Latent 9</h3>" in page.value
    second.value = " 3"
    assert "Latents 9 and 3" in page.value and "latent 3" in lit.value
    string.value = "<script>"
    assert "&lt;" in lit.value and "<script" not in lit.value
    search.value = "no such token"
    assert rows.options == () and first.value == 9


# The file


def test_the_command_writes_both_pages(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pages, "TEXT_BYTES", 60_000)
    assert cli.main(["pages", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    for name in ("browser.html", "explorer.html"):
        assert (tmp_path / "out" / name).stat().st_size <= 5_000_000 and name in said


@pytest.fixture(scope="module")
def files(shipped, hostile, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    return {
        name: browser_file.write(b, folder / f"{name}.html")
        for name, b in (("shipped", shipped), ("hostile", hostile))
    }


def test_the_file_is_small_and_loads_nothing(files):
    written = files["shipped"].read_text(encoding="utf-8")
    assert len(written.encode()) <= 5_000_000
    assert "default-src 'none'" in written
    outside = re.sub(r'<script id="data".*?</script>', "", written, flags=re.S)
    assert set(re.findall(r'(?:src|href)="([^"]*)"', outside)) == {"data:,"}
    assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttp|WebSocket", outside)


def test_no_token_ends_the_data(files):
    written = files["hostile"].read_text(encoding="utf-8")
    inside = re.search(r'<script id="data" type="application/json">(.*?)</script>', written, re.S)[1]
    assert "<" not in inside and json.loads(inside)["n_ctx"] == 32
    assert written.count("</script>") == 3


def test_the_wheel_holds_every_file():
    lists = re.findall(
        r'^"(course_utils[\w.]*)" = \[(.*)\]$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M
    )
    packed = {
        path
        for package, patterns in lists
        for pattern in re.findall('"([^"]+)"', patterns)
        for path in ROOT.joinpath(*package.split(".")).glob(pattern)
    }
    for path in (ROOT / "course_utils").rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc", ".partial"):
            assert path in packed, path


@pytest.fixture
def visit(chromium, files):
    """Open one of the files. Afterwards: no script failed, and nothing was asked of a network."""
    context, went_wrong = chromium.new_context(), []

    def open_page(name, width=1200, address=""):
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 800})
        page.on("pageerror", lambda error: went_wrong.append(error))
        page.on("console", lambda message: went_wrong.append(message.text))
        page.on("dialog", lambda dialog: went_wrong.append(dialog.message))
        page.on("request", lambda r: r.url.startswith(("file:", "data:")) or went_wrong.append(r.url))
        page.goto(files[name].as_uri() + address)
        page.wait_for_selector("#page h3")
        return page

    yield open_page
    context.close()
    assert went_wrong == []


def wait_for_heading(page, heading):
    page.get_by_role("heading", name=heading, exact=True).wait_for()


@pytest.mark.parametrize("name", ["shipped", "hostile"])
def test_javascript_agrees_with_pytorch(visit, shipped, hostile, name):
    page, browser = visit(name), {"shipped": shipped, "hostile": hostile}[name]
    read = """text => {
        const windows = model.read(tokenizer.encode(text).slice(0, data.longest));
        const tokens = windows.flatMap((w) => w.tokens);
        return [tokens, windows.flatMap((w) => [...w.acts]), tokenizer.texts(tokens).map(visible)];
    }"""
    for string in TEXTS:
        ids, acts, shown = page.evaluate(read, string)
        tokens, expected = browser.read(string)
        assert ids == tokens.tolist(), string
        assert shown == [text.visible(piece) for piece in text.token_texts(ids, browser.vocab)]
        torch.testing.assert_close(torch.tensor(acts).view(expected.shape), expected, atol=1e-4, rtol=1e-4)
    assert (
        page.evaluate("tokenizer.encode('\\ud83d!')") == browser.read("\ud83d!")[0].tolist()
    )  # half of a pair


def test_javascript_shows_broken_bytes_as_python_does(visit, shipped):
    page = visit("shipped")
    byte = [shipped.vocab.index(bytes([b])) for b in range(256)]
    cases = [
        b"\xd7b\xff",
        b"\xe2\x80",
        b"\xe2\x80b",
        b"\xf0\x9f\x99\x82",
        b"\xf0\x9fx",
        b"\xe0\x80\x80",
    ]
    cases += [b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xef\xbb\xbfa", b"\x80\xbf", b"\xf8", b"\xe2\x80\xa8"]
    for case in cases:
        ids = [byte[b] for b in case]
        assert page.evaluate("ids => tokenizer.texts(ids)", ids) == text.token_texts(ids, shipped.vocab), case


def test_hostile_text_is_shown_in_the_browser(visit):
    page = visit("hostile")
    for string in HOSTILE:
        page.fill("#text", string)
        typed = page.input_value("#text")  # the element itself turns \r\n into \n
        assert page.inner_text("#lit .text").replace("\xa0", " ") == text.visible(typed)
    for latent in (0, 7):
        page.evaluate(f"location.hash = '{latent}'")
        wait_for_heading(page, f"Latent {latent}")
    assert page.locator("script").count() == 3 and page.locator("img").count() == 0


def test_the_list_the_page_and_the_keyboard(visit, shipped):
    page = visit("shipped")
    page.keyboard.press("/")
    page.keyboard.type("base64")
    best = shipped.find("base64", "match with its content type")
    listed = page.locator("#rows b").all_inner_texts()
    assert listed == [str(row.latent) for row in best]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_for_heading(page, f"Latent {best[1].latent}")
    assert page.title() == f"Latent {best[1].latent}"
    assert page.get_attribute(f"#rows a[href='#{best[1].latent}']", "aria-current") == "true"
    for name in browsing.SORTS:
        page.select_option("#sort", name)
        listed = page.locator("#rows b").all_inner_texts()
        assert listed == [str(row.latent) for row in shipped.find("base64", name)], name
    page.fill("#other", "3")
    page.press("#other", "Enter")
    wait_for_heading(page, f"Latents {best[1].latent} and 3")
    assert page.locator("#lit .line").count() == 2


def test_the_comparison_in_the_browser_is_pythons(visit, shipped):
    page = visit("shipped", address="#105,114")
    wait_for_heading(page, "Latents 105 and 114")
    lines = re.findall(r'<div class="line">.*?</span></span></div>', shipped.compare(105, 114).html)
    shown = page.eval_on_selector_all("#page .line", "all => all.map((e) => e.outerHTML)")
    assert [_words(line) for line in shown] == [_words(line) for line in lines]


@pytest.mark.parametrize("width", [400, 1200])
def test_nothing_is_wider_than_the_window(visit, width):
    page = visit("shipped", width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_everybody_can_read_it(visit):
    assert barriers(visit("hostile")) == []
