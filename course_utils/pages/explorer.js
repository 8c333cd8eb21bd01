"use strict";
// The page: maps, the ten models of one cell, controls.
const CELLS = 40, STARTS = 10, STEPS = 240, MAP_STARTS = 5, GREY = "#999999";
const $ = (id) => document.getElementById(id);
const place = (k) => (k + 0.5) / CELLS;
const rAt = (k) => 10 ** (2 * place(k) - 1), pAt = (k) => 10 ** (2 * place(k) - 2);
let n = 2, cell, models, histories, candidates, mapping;

function svg(parent, tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

// Maps: importance from 0.1 to 10 across, density from 0.01 to 1 upwards, both logarithmic.
const FRAME = { left: 52, top: 6, width: 360, height: 288 };
const across = (log10_r) => FRAME.left + ((log10_r + 1) / 2) * FRAME.width;
const upwards = (log10_p) => FRAME.top - (log10_p / 2) * FRAME.height;
function drawMap(id) {
  const map = $(id);
  map.replaceChildren();
  map.cells = Array.from({ length: CELLS * CELLS }, (_, k) => {
    const column = Math.floor(k / CELLS), row = k % CELLS, w = FRAME.width / CELLS, h = FRAME.height / CELLS;
    return svg(map, "rect", { x: FRAME.left + column * w, y: FRAME.top + FRAME.height - (row + 1) * h, width: w, height: h, fill: "#ececec", "shape-rendering": "crispEdges" });
  });
  for (const r of [0.1, 0.2, 0.5, 1, 2, 5, 10]) svg(map, "text", { x: across(Math.log10(r)), y: 310, "text-anchor": "middle" }, r);
  for (const p of [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]) svg(map, "text", { x: 47, y: upwards(Math.log10(p)) + 4, "text-anchor": "end" }, p);
  svg(map, "text", { x: FRAME.left + FRAME.width / 2, y: 330, "text-anchor": "middle" }, "importance of the varied feature, r");
  svg(map, "text", { transform: `translate(12 ${FRAME.top + FRAME.height / 2}) rotate(-90)`, "text-anchor": "middle" }, "density p");
  map.cross = svg(map, "circle", { r: 6, fill: "none", stroke: "#000", "stroke-width": 2 });
}
const paint = (id, k, phase) => $(id).cells[k].setAttribute("fill", data.structures[n][phase].colour);

function begin() {
  drawMap("theory");
  drawMap("trained");
  mapping = null;
  $("all").textContent = "Train every cell";
  for (let k = 0; k < CELLS * CELLS; k++) {
    const best = lowest(candidateLosses(makeCell(n, rAt(Math.floor(k / CELLS)), pAt(k % CELLS))));
    paint("theory", k, data.structures[n].findIndex((s, i) => s.candidate && data.structures[n].slice(0, i).filter((t) => t.candidate).length === best));
  }
  $("legend").replaceChildren(...data.structures[n].map(({ name, colour }) => {
    const entry = document.createElement("span"), swatch = document.createElement("i");
    swatch.style.background = colour;
    entry.append(swatch, name);
    return entry;
  }));
  restart();
}

// Ten new random starts in the cell that the sliders name.
function restart() {
  const r = 10 ** $("r").value, p = 10 ** $("p").value;
  $("r-is").textContent = r.toPrecision(2);
  $("p-is").textContent = p.toPrecision(2);
  for (const id of ["theory", "trained"]) {
    $(id).cross.setAttribute("cx", across(Number($("r").value)));
    $(id).cross.setAttribute("cy", upwards(Number($("p").value)));
  }
  cell = makeCell(n, r, p);
  candidates = candidateLosses(cell);
  models = Array.from({ length: STARTS }, () => randomStart(n));
  histories = models.map(() => []);
}

function drawWeights(W) {
  const panel = $("weights"), x = (value) => 210 + 72 * value, y = (value) => 105 - 72 * value;
  panel.replaceChildren();
  svg(panel, "line", { x1: x(-1.4), x2: x(1.4), y1: y(0), y2: y(0), stroke: "#ddd" });
  if (n > 2) svg(panel, "line", { x1: x(0), x2: x(0), y1: y(-1.4), y2: y(1.4), stroke: "#ddd" });
  svg(panel, "circle", { cx: x(0), cy: y(0), r: 72, fill: "none", stroke: "#ddd", "stroke-dasharray": "3 3" });
  svg(panel, "text", { x: x(1.45), y: y(0) + 4 }, "hidden 1");
  data.features[n].forEach(({ name, colour }, i) => {
    const to = [x(W[0][i]), y(n > 2 ? W[1][i] : 0)];
    svg(panel, "line", { x1: x(0), y1: y(0), x2: to[0], y2: to[1], stroke: colour, "stroke-width": 4, opacity: 0.8 });
    svg(panel, "circle", { cx: to[0], cy: to[1], r: 7, fill: colour });
    const label = svg(panel, "text", { x: 12, y: 22 + 20 * i }, `${name} ${Math.hypot(...W.map((row) => row[i])).toFixed(2)}`);
    label.style.fill = colour;
    label.style.fontWeight = 600;
  });
}

function drawCurves() {
  const panel = $("curves"), all = [...candidates, ...histories.flat()];
  const low = Math.log10(Math.min(...all)) - 0.1, high = Math.log10(Math.max(...all)) + 0.1;
  const x = (step) => 60 + (step / STEPS) * 350, y = (loss) => 10 + ((high - Math.log10(loss)) / (high - low)) * 200;
  panel.replaceChildren();
  svg(panel, "rect", { x: 60, y: 10, width: 350, height: 200, fill: "none", stroke: "#bbb" });
  for (let e = Math.floor(low); e <= high; e++)
    for (const mantissa of high - low < 1.2 ? [1, 2, 5] : [1]) {
      const value = mantissa * 10 ** e;
      if (low < Math.log10(value) && Math.log10(value) < high) svg(panel, "text", { x: 54, y: y(value) + 4, "text-anchor": "end" }, Number(value.toPrecision(1)));
    }
  for (const step of [0, STEPS / 2, STEPS]) svg(panel, "text", { x: x(step), y: 226, "text-anchor": "middle" }, step);
  svg(panel, "text", { x: 235, y: 244, "text-anchor": "middle" }, "Adam step");
  const best = lowest(models.map((model) => model.loss));
  histories.forEach((history, i) => {
    const points = history.map((loss, step) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`).join(" ");
    svg(panel, "polyline", { points, fill: "none", stroke: i === best ? "#000" : GREY, "stroke-width": i === best ? 2 : 1 });
  });
  data.structures[n].filter((s) => s.candidate).forEach(({ colour }, i) => {
    svg(panel, "line", { x1: 60, x2: 410, y1: y(candidates[i]), y2: y(candidates[i]), stroke: colour, "stroke-width": 2.5, "stroke-dasharray": "7 4" });
  });
}

function drawLosses(best) {
  const named = data.structures[n].filter((s) => s.candidate);
  const rows = [["trained, the best of ten", best.loss, "#000"], ...named.map((s, i) => [s.name, candidates[i], s.colour])];
  const table = document.createElement("table"), least = Math.min(...candidates);
  for (const [name, loss, colour] of rows) {
    const row = table.insertRow(), swatch = document.createElement("i");
    swatch.style.background = colour;
    row.insertCell().append(swatch, name);
    row.insertCell().textContent = loss.toPrecision(3);
    if (loss === least) row.className = "lowest";
  }
  $("losses").replaceChildren(table);
}

// Every frame: some steps of the ten models, then some cells of the map, as long as there is time.
function frame() {
  const until = performance.now() + 12;
  if (models[0].step < STEPS) {
    for (let k = 0; k < 8 && models[0].step < STEPS; k++) models.forEach((model, i) => histories[i].push(adamStep(cell, model)));
    const best = models[lowest(models.map((model) => model.loss))];
    drawWeights(best.W);
    drawCurves();
    drawLosses(best);
    const phase = data.structures[n][phaseOf(n, best.W)].name;
    const ended = models.filter((model) => model.loss < 1.02 * best.loss).length;
    if (models[0].step === STEPS) $("verdict").textContent = `The best of ten: ${phase}. ${ended} of ten ended there.`;
    else $("verdict").textContent = "Training …";
  }
  while (mapping?.left.length && performance.now() < until) trainOne();
  requestAnimationFrame(frame);
}

function trainOne() {
  const k = mapping.left.pop(), here = makeCell(n, rAt(Math.floor(k / CELLS)), pAt(k % CELLS));
  let best;
  for (let start = 0; start < MAP_STARTS; start++) {
    const model = randomStart(n);
    for (let step = 0; step < STEPS; step++) adamStep(here, model);
    if (!best || model.loss < best.loss) best = model;
  }
  paint("trained", k, phaseOf(n, best.W));
  $("all").textContent = mapping.left.length ? `Stop (${mapping.left.length} cells left)` : "Train every cell again";
}

function trainAll() {
  if (mapping?.left.length) {
    mapping.left = [];
    $("all").textContent = "Train every cell";
    return;
  }
  const left = [...Array(CELLS * CELLS).keys()];
  for (let i = left.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [left[i], left[j]] = [left[j], left[i]];
  }
  for (const rect of $("trained").cells) rect.setAttribute("fill", "#ececec");
  mapping = { left };
}

function follow(event) {
  const box = event.currentTarget.getBoundingClientRect(), scale = 420 / box.width;
  const column = ((event.clientX - box.left) * scale - FRAME.left) / FRAME.width;
  const row = 1 - ((event.clientY - box.top) * scale - FRAME.top) / FRAME.height;
  if (column < 0 || column > 1 || row < 0 || row > 1) return;
  $("r").value = 2 * column - 1;
  $("p").value = 2 * row - 2;
  restart();
}

$("n").addEventListener("change", () => {
  n = Number($("n").value);
  begin();
});
for (const id of ["r", "p"]) $(id).addEventListener("input", restart);
for (const id of ["theory", "trained"]) for (const kind of ["pointermove", "pointerdown"]) $(id).addEventListener(kind, follow);
$("again").addEventListener("click", restart);
$("all").addEventListener("click", trainAll);
begin();
requestAnimationFrame(frame);
