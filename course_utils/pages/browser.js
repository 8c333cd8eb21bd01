"use strict";
// The page. contract.py says what the data hold.
const data = JSON.parse(document.getElementById("data").textContent);
const model = new Model(data), tokenizer = new Tokenizer(data);
const { rows } = data, $ = (id) => document.getElementById(id);
const texts = new Int16Array(bytesOf(data.texts).buffer), percent = new Int8Array(bytesOf(data.percent).buffer);
const SORTS = {
  "number": (a, b) => a.latent - b.latent,
  "density, rare first": (a, b) => a.density - b.density,
  "density, frequent first": (a, b) => b.density - a.density,
  "match with its content type": (a, b) => b.correlation - a.correlation,
  "content type": (a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : b.correlation - a.correlation),
  "kurtosis of the logit weights": (a, b) => b.kurtosis - a.kurtosis,
};
const fitting = rows.filter((row) => row.kind === "base64"); // where lesson 09 ends
let shown = [(fitting.length ? fitting : rows).reduce((a, b) => (b.correlation > a.correlation ? b : a)).latent];

// Text only ever gets into the page as text: no string is read as markup but Python's own pages.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
const share = (value) => `${(100 * value).toPrecision(2)} %`;
const link = (latent) => element("a", { href: `#${latent}` }, `${latent}`);

// One line of text, as dashboard.lit_text makes it.
function litLine(tokens, acts, largest, note) {
  const text = element("span", { class: "text", dir: "auto" });
  tokenizer.texts(tokens).forEach((piece, i) => {
    const strength = Math.min(acts[i] / Math.max(largest, 1e-9), 1);
    const shade = strength > 0.01 ? `background:rgba(230,159,0,${strength.toFixed(2)});` : "";
    text.append(element("span", { class: "tok", style: shade, title: `activation ${acts[i].toFixed(2)}` }, visible(piece)));
  });
  return element("div", { class: "line" }, element("span", { class: "kind" }, note), text);
}
const column = (acts, latent) => Array.from({ length: acts.length / model.d_sae }, (_, i) => acts[i * model.d_sae + latent]);

function light() {
  const all = tokenizer.encode($("text").value), windows = model.read(all.slice(0, data.longest));
  $("lit").replaceChildren(...windows.flatMap(({ tokens, acts }) =>
    shown.map((l) => litLine(tokens, column(acts, l), rows[l].maximum, `latent ${l}`))));
  if (all.length > data.longest) $("lit").append(`The first ${data.longest} tokens are read.`);
  const peak = new Float64Array(model.d_sae);
  for (const { acts } of windows) acts.forEach((act, i) => {
    const l = i % model.d_sae;
    if (i >= data.first * model.d_sae) peak[l] = Math.max(peak[l], act / Math.max(rows[l].maximum, 1e-9));
  });
  const order = [...peak.keys()].sort((a, b) => peak[b] - peak[a]).filter((l) => peak[l] > 0).slice(0, 8);
  $("awake").replaceChildren(order.length ? "Nearest to their maximum here: " : "",
    ...order.map((l) => element("a", { href: `#${l}` }, `${l} ${rows[l].kind} ${Math.round(100 * peak[l])} %`)));
}

function list() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((r) => words.every((w) => `${r.latent} ${r.kind} ${r.fires_on} ${r.raises} ${r.strongest}`.toLowerCase().includes(w)));
  found.sort(SORTS[$("sort").value]);
  const amount = $("sort").value.startsWith("kurtosis") ? (r) => `kurtosis ${r.kurtosis.toFixed(1)}` : (r) => `on ${share(r.density)}`;
  $("rows").replaceChildren(...found.map((r) => element("li", {}, element("a", { href: `#${r.latent}` },
    element("b", {}, `${r.latent}`), element("span", {}, `${r.kind} ${r.correlation.toFixed(2)}`),
    element("span", { class: "amount" }, amount(r)), element("small", {}, `${r.fires_on} → ${r.raises}`)))));
  $("count").textContent = `${found.length} of ${rows.length} latents. Each: the content type that it follows best, how often it fires; what it fires on → what it raises`;
  mark();
}
function mark() {
  for (const a of $("rows").querySelectorAll("a")) {
    if (shown.includes(Number(a.hash.slice(1)))) a.setAttribute("aria-current", "true");
    else a.removeAttribute("aria-current");
  }
}

const inflate = (packed) => new Response(new Blob([bytesOf(packed)]).stream().pipeThrough(new DecompressionStream("deflate"))).text();

async function page(latent) {
  const html = await inflate(data.pages[latent]);
  if (shown.length > 1 || shown[0] !== latent) return;
  $("page").innerHTML = html;
  for (const span of $("page").querySelectorAll("[data-latent]")) {
    const near = Number(span.dataset.latent);
    span.replaceWith(link(near), " ", element("a", { href: `#${latent},${near}` }, "compare"));
  }
}

function compare(a, b) {
  const table = element("table", {}, element("tr", {}, ...["latent", "density", "maximum", "follows best", "kurtosis"].map((head) => element("th", {}, head))));
  for (const l of [a, b]) {
    const r = rows[l];
    const cells = [link(l), share(r.density), r.maximum.toFixed(2), `${r.kind} ${r.correlation.toFixed(2)}`, r.kurtosis.toFixed(1)];
    table.append(element("tr", {}, ...cells.map((cell) => element("td", {}, cell))));
  }
  const row = (l) => model.W.W_dec.subarray(l * model.d_mlp, (l + 1) * model.d_mlp);
  const dot = (u, v) => u.reduce((sum, value, i) => sum + value * v[i], 0);
  const cosine = dot(row(a), row(b)) / Math.sqrt(dot(row(a), row(a)) * dot(row(b), row(b)));
  const made = element("div", { class: "latent-page" }, element("h3", {}, `Latents ${a} and ${b}`),
    element("div", {}, `correlation of their activations ${(percent[a * model.d_sae + b] / 100).toFixed(2)}, cosine of their directions ${cosine.toFixed(2)}`), table);
  for (const l of [a, b]) {
    made.append(element("h4", {}, `Where latent ${l} is strongest, lit by both`));
    for (const [text, start, length, kind] of data.examples[l]) {
      const tokens = [...texts.subarray(text * model.n_ctx, (text + 1) * model.n_ctx)];
      const acts = model.latents(tokens), from = data.first + start;
      for (const m of [a, b]) made.append(litLine(tokens.slice(from, from + length), column(acts, m).slice(from, from + length), rows[m].maximum, `${m} · ${kind}`));
    }
  }
  $("page").replaceChildren(made);
}

// The address says what is shown: #17 is a page, #17,40 a comparison.
function go() {
  const wanted = [...new Set(location.hash.slice(1).split(",").filter(Boolean).map(Number))].filter((l) => Number.isInteger(l) && rows[l]);
  if (location.hash.length > 1 && wanted.length) shown = wanted.slice(0, 2);
  const [a, b] = shown;
  document.title = shown.length > 1 ? `Latents ${a} and ${b}` : `Latent ${a}`;
  $("other").value = b ?? "";
  if (shown.length > 1) compare(a, b);
  else page(a);
  mark();
  light();
}

$("intro").textContent = `${rows.length} latents of a sparse autoencoder on the ${model.d_mlp} neurons of a one-layer transformer, and the text that fires them. All runs in this page: what you type goes nowhere.`;
$("sort").append(...Object.keys(SORTS).map((name) => element("option", {}, name)));
$("sort").value = "match with its content type";
$("other").max = rows.length - 1;
$("text").value = data.example;
$("search").addEventListener("input", list);
$("sort").addEventListener("change", list);
$("text").addEventListener("input", light);
$("other").addEventListener("change", () => {
  const other = $("other").value;
  location.hash = other !== "" && rows[other] && Number(other) !== shown[0] ? `${shown[0]},${Number(other)}` : `${shown[0]}`;
});
$("rows").addEventListener("keydown", (event) => {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!step) return;
  event.preventDefault();
  event.target.closest("li")[step]?.querySelector("a").focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" && event.target === $("search")) $("rows").querySelector("a")?.focus();
  else if (event.key === "/" && !event.target.matches("input, textarea, select")) $("search").focus();
  else return;
  event.preventDefault();
});
addEventListener("hashchange", () => {
  go();
  if (matchMedia("(max-width: 52rem)").matches) $("about").scrollIntoView();
});
list();
go();
