"""What Python writes into the two pages is what the contract says, and what their scripts read."""

import base64
import json
import math
import re
import zlib

import numpy as np
import pytest
import torch

from course_utils import assets
from course_utils.lm import data
from course_utils.lm.corpus import CONTENT_TYPES, Document
from course_utils.lm.model import Transformer, TransformerConfig
from course_utils.pages import Browser, browser_file, contract, explorer, template
from course_utils.sae.model import SparseAutoencoder

SCRIPTS = {"browser": ("transformer.js", "browser.js"), "explorer": ("toy.js", "explorer.js")}
FIELDS = {"browser": contract.BROWSER, "explorer": contract.EXPLORER}
ARRAYS = {"float32": "<f4", "int16": "<i2", "int8": "i1"}
KINDS = {"number": (int, float), "text": str, "flag": bool}


@pytest.fixture(scope="module")
def written():
    """The data of both pages as the scripts get them; the browser's of a small untrained model."""
    tokenizer = assets.load_tokenizer()
    docs = [Document(CONTENT_TYPES[i], f"text {i} " * (20 + i)) for i in range(6)]
    model = Transformer(TransformerConfig(n_ctx=32, d_model=24, n_heads=2, d_head=12, d_mlp=20), seed=1)
    sae = SparseAutoencoder(20, 30, generator=torch.Generator().manual_seed(1))
    browser = Browser(model, sae, tokenizer, data.sequences(docs, tokenizer, n_ctx=32))
    pages = {"browser": browser_file.data(browser), "explorer": explorer.data()}
    return {name: json.loads(json.dumps(page)) for name, page in pages.items()}


def fields_of(value, known, path=""):
    """(name, value, axes above it) of each field, as the contract names them."""
    if path in known or not isinstance(value, dict | list):
        yield path, value
    elif isinstance(value, list) or all(key.isdecimal() for key in value):
        children = value if isinstance(value, list) else list(value.values())
        parts = [dict(fields_of(child, known, path)) for child in children]
        for name in parts[0]:
            yield name, [part.get(name) for part in parts]
    else:
        for key, child in value.items():
            yield from fields_of(child, known, f"{path}.{key}".lstrip("."))


def leaves(value, axes, sizes):
    """The single values under these axes. Notes in `sizes` how long each axis is."""
    if not axes:
        yield value
        return
    sizes.setdefault(axes[0], set()).add(len(value))
    for child in value.values() if isinstance(value, dict) else value:
        yield from leaves(child, axes[1:], sizes)


def disagreements(page, fields):
    """What of a page's data isn't as the contract says, in words."""
    found, sizes, arrays = [], {}, []
    values = dict(fields_of(page, fields))
    found += [f"{name}: not in the contract" for name in values if name not in fields]
    found += [f"{name}: not in the data" for name in fields if name not in values]
    for name in (name for name in fields if name in values):
        holds, axes = fields[name].holds, fields[name].axes.split()
        if holds in ARRAYS:
            arrays.append((name, axes, len(np.frombuffer(base64.b64decode(values[name]), ARRAYS[holds]))))
            continue
        for leaf in leaves(values[name], axes, sizes):
            if holds == "html":
                zlib.decompress(base64.b64decode(leaf)).decode()
            elif holds.startswith("["):
                kinds = holds.strip("[]").split()
                right = len(leaf) == len(kinds)
                right = right and all(isinstance(v, KINDS[k]) for v, k in zip(leaf, kinds, strict=True))
                found += [] if right else [f"{name}: {leaf} is not {holds}"]
            elif not isinstance(leaf, KINDS[holds]):
                found.append(f"{name}: {leaf} is no {holds}")
    known = {axis: lengths.pop() for axis, lengths in sizes.items() if len(lengths) == 1}
    known |= {name: value for name, value in values.items() if type(value) is int}  # such as d_head
    found += [f"{axis}: lengths differ" for axis in sizes if axis not in known and not axis.endswith("*")]
    for name, axes, length in sorted(arrays, key=lambda array: len(array[1])):
        unknown = [axis for axis in axes if axis not in known]
        rest, left = divmod(length, math.prod(known.get(axis, 1) for axis in axes))
        if left or (rest != 1 and len(unknown) != 1):
            found.append(f"{name}: {length} numbers are no {fields[name].axes}")
        elif unknown:
            known[unknown[0]] = rest
    numbered = {axis: size for axis, size in known.items() if axis.isdecimal()}
    return found + [f"{axis}: {size}" for axis, size in numbered.items() if int(axis) != size]


def unread(scripts, fields):
    """Fields that no script reads, and what a script reads that is no field."""
    scripts = re.sub(r"//.*", "", scripts)
    taken = re.findall(r"constructor\({(.*?)}\)|const {(.*?)} = data", scripts)
    read = {name.strip() for pair in taken for part in pair for name in part.split(",") if name}
    read |= set(re.findall(r"\bdata\.(\w+)", scripts))
    tensors = (
        {f"tensors.{name}" for name in re.findall(r"\bW\.(\w+)", scripts)} if "tensors" in read else set()
    )
    tops = {name.split(".")[0] for name in fields}
    tensor_fields = {name for name in fields if name.startswith("tensors.")}
    inner = {name for name in fields if "." in name} - tensor_fields
    unused = {name for name in inner if not re.search(rf"[.{{,]\s*{name.split('.')[1]}\b", scripts)}
    return (read ^ tops) | (tensors ^ tensor_fields) | unused


@pytest.mark.parametrize("page", SCRIPTS)
def test_the_data_are_what_the_contract_says(written, page):
    assert disagreements(written[page], FIELDS[page]) == []


@pytest.mark.parametrize("page", SCRIPTS)
def test_the_scripts_read_what_the_contract_says(page):
    scripts = "".join((template.HERE / name).read_text(encoding="utf-8") for name in SCRIPTS[page])
    assert unread(scripts, FIELDS[page]) == set()


def test_a_field_that_only_one_side_knows_is_named(written):
    page = written["browser"]
    renamed = {("at_first" if name == "example" else name): value for name, value in page.items()}
    both = ["at_first: not in the contract", "example: not in the data"]
    assert disagreements(renamed, contract.BROWSER) == both
    short = page | {"tensors": page["tensors"] | {"b_dec": page["tensors"]["b_enc"]}}
    assert "tensors.b_dec: 30 numbers are no d_mlp" in disagreements(short, contract.BROWSER)
    assert disagreements(page | {"first": "4"}, contract.BROWSER) == ["first: 4 is no number"]
    assert disagreements(page | {"pages": page["pages"][:-1]}, contract.BROWSER) == ["latent: lengths differ"]
    turned = page | {"examples": [[row[::-1] for row in found] for found in page["examples"]]}
    assert disagreements(turned, contract.BROWSER)[0].startswith("examples: ")

    scripts = "".join((template.HERE / name).read_text(encoding="utf-8") for name in SCRIPTS["browser"])
    for name, other in (("data.longest", "data.most"), ("W.b_in", "W.b_i"), (".kurtosis", ".peaked")):
        assert unread(scripts.replace(name, other), contract.BROWSER), name


def test_a_place_that_nothing_fills_is_an_error():
    assert "{{" not in template.fill("explorer.html", {})
    with pytest.raises(KeyError):
        template.fill("browser.html", {})  # no style


def test_no_text_ends_the_element_that_holds_the_data():
    assert "</script>x" not in template.fill("explorer.html", {"name": "</script>x"})
