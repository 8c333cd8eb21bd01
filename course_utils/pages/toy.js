"use strict";
// The model, its exact expected loss and its gradient, as in toy/losses.py and toy/training.py.
// contract.py says what the data hold.
const data = JSON.parse(document.getElementById("data").textContent);

// Values and weights of k features: each is off, or on at a node.
function rule(k, p) {
  let points = [{ x: [], weight: 1 }];
  for (let i = 0; i < k; i++)
    points = points.flatMap(({ x, weight }) => [
      { x: [...x, 0], weight: weight * (1 - p) },
      ...data.nodes.map((node, j) => ({ x: [...x, node], weight: weight * p * data.weights[j] })),
    ]);
  return points;
}

// One cell of the map: n features of density p, importance 1 but for the last one's r.
function makeCell(n, r, p) {
  const points = rule(n - 1, p).map(({ x, weight }) => ({ phi: [...x, 1], weight }));
  const importance = Array.from({ length: n }, (_, i) => (i < n - 1 ? 1 : r));
  const others = importance.map((_, i) => [i, ...importance.keys()].filter((j, at) => at === 0 || j !== i));
  return { n, r, p, points, importance, others };
}

// Output i is on where u·(xᵢ, the other x, 1) > 0. Along xᵢ that is from some t upwards, so the integral over
// xᵢ is done by hand and the others by the rule: the loss of output i and its gradient by u.
function outputLoss(cell, i, u) {
  const { p, points, importance, n } = cell, M = Array.from({ length: n + 1 }, () => new Float64Array(n + 1));
  for (const { phi, weight } of points) {
    let base = 0;
    for (let j = 0; j < n; j++) base += u[j + 1] * phi[j];
    const t = Math.min(Math.max(-base / Math.max(u[0], 1e-12), 0), 1);
    const one = (base > 0 ? (1 - p) * weight : 0) + p * weight * (1 - t);
    const x = (p * weight * (1 - t * t)) / 2;
    M[0][0] += (p * weight * (1 - t * t * t)) / 3;
    for (let j = 0; j < n; j++) {
      M[0][j + 1] += x * phi[j];
      for (let k = 0; k < n; k++) M[j + 1][k + 1] += one * phi[j] * phi[k];
    }
  }
  for (let j = 1; j <= n; j++) M[j][0] = M[0][j];
  let loss = p / 3;
  const gradient = u.map((_, j) => {
    let Mu = 0;
    for (let k = 0; k <= n; k++) Mu += M[j][k] * u[k];
    loss += u[j] * (Mu - 2 * M[0][j]);
    return 2 * importance[i] * (Mu - M[0][j]);
  });
  return [importance[i] * loss, gradient];
}

// Loss of a model, and the gradient by its parameters. W is m rows of n.
function lossAndGradient(cell, { W, b }) {
  const { n, others } = cell, dW = W.map((row) => row.map(() => 0)), db = b.map(() => 0);
  let total = 0;
  for (let i = 0; i < n; i++) {
    const u = [...others[i].map((j) => W.reduce((sum, row) => sum + row[i] * row[j], 0)), b[i]];
    const [loss, gradient] = outputLoss(cell, i, u);
    total += loss;
    db[i] += gradient[n];
    others[i].forEach((j, at) => W.forEach((row, k) => {
      dW[k][i] += gradient[at] * row[j];
      dW[k][j] += gradient[at] * row[i];
    }));
  }
  return { loss: total, dW, db };
}

// The paper's start: W Xavier-normal, b = 0.
function randomStart(n) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const W = Array.from({ length: n - 1 }, () => Array.from({ length: n }, () => normal() * Math.sqrt(2 / (2 * n - 1))));
  const b = Array(n).fill(0), zeros = () => ({ W: W.map((row) => row.map(() => 0)), b: b.map(() => 0) });
  return { W, b, first: zeros(), second: zeros(), step: 0 };
}

// One step of Adam. Returns the loss before it.
function adamStep(cell, model, rate = 0.03) {
  const { loss, dW, db } = lossAndGradient(cell, model);
  model.step++;
  const move = (x, g, first, second) => g.forEach((value, i) => {
    first[i] = 0.9 * first[i] + 0.1 * value;
    second[i] = 0.999 * second[i] + 0.001 * value * value;
    x[i] -= (rate * first[i] / (1 - 0.9 ** model.step)) / (Math.sqrt(second[i] / (1 - 0.999 ** model.step)) + 1e-8);
  });
  model.W.forEach((row, k) => move(row, dW[k], model.first.W[k], model.second.W[k]));
  move(model.b, db, model.first.b, model.second.b);
  return (model.loss = loss);
}

// Candidates have b = 0, but a feature that is not stored gets its mean.
function candidateLosses(cell) {
  return data.structures[cell.n].filter((s) => s.candidate).map(({ W: [W] }) => {
    const b = cell.importance.map((_, i) => (W.every((row) => row[i] === 0) ? cell.p / 2 : 0));
    return lossAndGradient(cell, { W, b }).loss;
  });
}

// The structure whose WᵀW is nearest, as its place in the list.
function phaseOf(n, W) {
  const gram = (V) => Array.from({ length: n * n }, (_, ij) => V.reduce((sum, row) => sum + row[Math.floor(ij / n)] * row[ij % n], 0));
  const mine = gram(W);
  const distance = (V) => gram(V).reduce((sum, value, i) => sum + (value - mine[i]) ** 2, 0);
  const distances = data.structures[n].map((s) => Math.min(...s.W.map(distance)));
  return distances.indexOf(Math.min(...distances));
}
const lowest = (values) => values.indexOf(Math.min(...values));
