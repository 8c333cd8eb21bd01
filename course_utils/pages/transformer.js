"use strict";
// The course's tokenizer, its transformer up to the neurons, and its sparse autoencoder, in plain JavaScript.
// The same steps as lm/tokenizer.py, lm/model.py and sae/model.py; a matrix is one long array, row after row.
// contract.py says what the tensors and the other data hold.

const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

// x W + b for each row of x; W has d_in rows and d_out columns.
function linear(x, W, b, d_in, d_out) {
  const rows = x.length / d_in, y = new Float64Array(rows * d_out);
  for (let i = 0; i < rows; i++) {
    for (let o = 0; o < d_out; o++) y[i * d_out + o] = b[o];
    for (let k = 0; k < d_in; k++) {
      const value = x[i * d_in + k];
      if (value === 0) continue;
      for (let o = 0; o < d_out; o++) y[i * d_out + o] += value * W[k * d_out + o];
    }
  }
  return y;
}

function layerNorm(x, w, b) {
  const d = w.length, y = new Float64Array(x.length);
  for (let at = 0; at < x.length; at += d) {
    let mean = 0, variance = 0;
    for (let k = 0; k < d; k++) mean += x[at + k] / d;
    for (let k = 0; k < d; k++) variance += (x[at + k] - mean) ** 2 / d;
    const scale = 1 / Math.sqrt(variance + 1e-5);
    for (let k = 0; k < d; k++) y[at + k] = (x[at + k] - mean) * scale * w[k] + b[k];
  }
  return y;
}

const relu = (x) => x.map((value) => Math.max(value, 0));
const add = (x, y) => x.map((value, i) => value + y[i]);

// What all heads write to the residual stream. Each position looks at itself and at those before it.
function attention(x, W, d, d_head) {
  const n = x.length / d, n_heads = W.W_Q.length / (d * d_head);
  let out = x.map((_, i) => W.b_O[i % d]);
  for (let h = 0; h < n_heads; h++) {
    const ofHead = (all, size) => all.subarray(h * size, (h + 1) * size);
    const [q, k, v] = [[W.W_Q, W.b_Q], [W.W_K, W.b_K], [W.W_V, W.b_V]].map(([matrix, bias]) =>
      linear(x, ofHead(matrix, d * d_head), ofHead(bias, d_head), d, d_head));
    const z = new Float64Array(n * d_head);
    for (let i = 0; i < n; i++) {
      const scores = [];
      for (let j = 0; j <= i; j++) {
        let score = 0;
        for (let e = 0; e < d_head; e++) score += q[i * d_head + e] * k[j * d_head + e];
        scores.push(score / Math.sqrt(d_head));
      }
      const largest = Math.max(...scores), weights = scores.map((score) => Math.exp(score - largest));
      const total = weights.reduce((a, b) => a + b);
      weights.forEach((weight, j) => {
        for (let e = 0; e < d_head; e++) z[i * d_head + e] += (weight / total) * v[j * d_head + e];
      });
    }
    out = add(out, linear(z, ofHead(W.W_O, d * d_head), new Float64Array(d), d_head, d));
  }
  return out;
}

class Model {
  constructor({ tensors, d_head, n_ctx }) {
    this.W = {};
    for (const name in tensors) this.W[name] = new Float32Array(bytesOf(tensors[name]).buffer);
    Object.assign(this, { d_head, n_ctx, d: this.W.ln1_w.length, d_mlp: this.W.b_in.length });
    this.d_sae = this.W.b_enc.length;
  }

  // Every latent's activation on each token of one sequence of at most n_ctx: latent l at place i is
  // [i * d_sae + l].
  latents(tokens) {
    const { W, d, d_mlp, d_sae } = this;
    let x = new Float64Array(tokens.length * d);
    tokens.forEach((token, i) => {
      for (let k = 0; k < d; k++) x[i * d + k] = W.W_E[token * d + k] + W.W_pos[i * d + k];
    });
    x = add(x, attention(layerNorm(x, W.ln1_w, W.ln1_b), W, d, this.d_head));
    const neurons = relu(linear(layerNorm(x, W.ln2_w, W.ln2_b), W.W_in, W.b_in, d, d_mlp));
    return relu(linear(neurons.map((value, i) => value - W.b_dec[i % d_mlp]), W.W_enc, W.b_enc, d_mlp, d_sae));
  }

  // The same for a text longer than n_ctx: a window at a time, each without sight of the one before.
  read(tokens) {
    const windows = [];
    for (let at = 0; at < tokens.length; at += this.n_ctx) windows.push(tokens.slice(at, at + this.n_ctx));
    return windows.map((part) => ({ tokens: part, acts: this.latents(part) }));
  }
}

// Byte-level BPE. `vocab` names each token by one character a byte; `bytes` says which byte it stands for.
class Tokenizer {
  static WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

  constructor({ vocab, merges, bytes, separator }) {
    this.id = new Map(vocab.map((name, i) => [name, i]));
    this.rank = new Map(merges.map(([a, b], i) => [`${a} ${b}`, i]));
    this.character = new Map(Object.entries(bytes).map(([character, byte]) => [byte, character]));
    this.separator = separator;
    this.pieces = vocab.map((name) => (name === separator ? [] : [...name].map((c) => bytes[c])));
  }

  // The text's tokens, the separator before them. A separator written in the text is one token too.
  encode(text) {
    const ids = [];
    for (const document of text.split(this.separator)) {
      ids.push(this.id.get(this.separator));
      for (const word of document.match(Tokenizer.WORDS) ?? []) ids.push(...this.merge(word));
    }
    return ids;
  }

  // Starts from bytes and joins the pair that the training found first, again and again.
  merge(word) {
    const parts = [...new TextEncoder().encode(word)].map((byte) => this.character.get(byte));
    for (;;) {
      let best = Infinity, place = -1;
      for (let i = 0; i + 1 < parts.length; i++) {
        const rank = this.rank.get(`${parts[i]} ${parts[i + 1]}`) ?? Infinity;
        if (rank < best) [best, place] = [rank, i];
      }
      if (place < 0) return parts.map((part) => this.id.get(part));
      parts.splice(place, 2, parts[place] + parts[place + 1]);
    }
  }

  // One piece of text a token, as in interp/text.py: a character of several tokens is given to the last of
  // them, and bytes that are no UTF-8 come out as \xd7.
  texts(ids) {
    const texts = [];
    let left = [];
    ids.forEach((id, i) => {
      left.push(...this.pieces[id]);
      const [text, rest] = decode(left, i === ids.length - 1);
      texts.push(text);
      left = rest;
    });
    return texts;
  }
}

// The text of these bytes, and the bytes at the end that may yet become a character.
function decode(bytes, final) {
  const from = { 0xe0: 0xa0, 0xf0: 0x90 }, to = { 0xed: 0x9f, 0xf4: 0x8f };
  let text = "", at = 0;
  while (at < bytes.length) {
    const lead = bytes[at];
    const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    let good = 1;
    while (good < length && at + good < bytes.length) {
      const byte = bytes[at + good], second = good === 1;
      if (byte < ((second && from[lead]) || 0x80) || byte > ((second && to[lead]) || 0xbf)) break;
      good++;
    }
    if (good === length) text += new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes.slice(at, at + good)));
    else if (length && at + good === bytes.length && !final) break;
    else for (const byte of bytes.slice(at, at + good)) text += `\\x${byte.toString(16).padStart(2, "0")}`;
    at += good;
  }
  return [text, bytes.slice(at)];
}

// Invisible characters shown: a line end as ⏎, others by number.
function visible(text) {
  const named = { "\n": "⏎", "\t": "⇥", "\r": "␍" };
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, (c) =>
    named[c] ?? `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}
