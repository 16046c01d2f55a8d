#!/usr/bin/python3
"""Learns the weights of the detector's classifier (src/speaker/classifier_weights.h).

usage: train_classifier.py LESSONS.f32 > src/speaker/classifier_weights.h

LESSONS.f32 comes from write_lessons, which knows the tuning recordings only. One hidden layer; the features'
means and spreads end up in the weights. Needs numpy. The result depends on the machine in its last digits, so
it is committed and not made by the build.
"""
import sys

import numpy as np

FEATURES = 34
HIDDEN = 48
EPOCHS = 20
BATCH = 2048


def logits(x, p):
    hidden = np.tanh(x @ p["w1"] + p["b1"])
    return hidden, hidden @ p["w2"] + p["b2"]


def train(x, y, rng):
    p = {
        "w1": (rng.standard_normal((FEATURES, HIDDEN)) / np.sqrt(FEATURES)).astype(np.float32),
        "b1": np.zeros(HIDDEN, np.float32),
        "w2": (rng.standard_normal(HIDDEN) / np.sqrt(HIDDEN)).astype(np.float32),
        "b2": np.zeros(1, np.float32),
    }
    mean = {k: np.zeros_like(v) for k, v in p.items()}
    square = {k: np.zeros_like(v) for k, v in p.items()}
    # Speech and noise count the same, however much of each there is.
    weight = np.where(y > 0.5, 0.5 / y.mean(), 0.5 / (1 - y.mean())).astype(np.float32)
    step = 0
    for epoch in range(EPOCHS):
        rate = 3e-3 * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        order = rng.permutation(len(x))
        for at in range(0, len(x), BATCH):
            pick = order[at:at + BATCH]
            xb, yb, wb = x[pick], y[pick], weight[pick]
            hidden, out = logits(xb, p)
            error = (1 / (1 + np.exp(-np.clip(out, -30, 30))) - yb) * wb / len(pick)
            back = np.outer(error, p["w2"]) * (1 - hidden * hidden)
            gradient = {"w1": xb.T @ back, "b1": back.sum(0), "w2": hidden.T @ error,
                        "b2": np.array([error.sum()])}
            step += 1
            for k in p:
                g = gradient[k] + 1e-5 * p[k]
                mean[k] = 0.9 * mean[k] + 0.1 * g
                square[k] = 0.999 * square[k] + 0.001 * g * g
                p[k] = (p[k] - rate * (mean[k] / (1 - 0.9**step))
                        / (np.sqrt(square[k] / (1 - 0.999**step)) + 1e-8)).astype(np.float32)
        print(f"epoch {epoch}", file=sys.stderr, flush=True)
    return p


def report(x, y, p):
    out = logits(x, p)[1]
    for threshold in (-2, -1, 0, 1, 2, 3):
        print(f"log-odds > {threshold}: speech {np.mean(out[y > 0.5] > threshold):.3f} "
              f"noise {np.mean(out[y < 0.5] > threshold):.3f}", file=sys.stderr)


def write(p):
    def numbers(values):
        return ", ".join(f"{v:.5g}F" if "." in f"{v:.5g}" or "e" in f"{v:.5g}" else f"{v:.5g}.0F" for v in values)

    print("// Made by tests/speaker/train_classifier.py; not to be edited.")
    print("#pragma once\n\n#include <array>\n\nnamespace spacecast::speaker::weights {\n")
    print("// clang-format off")
    print(f"inline constexpr std::array<std::array<float, {FEATURES}>, {HIDDEN}> kHidden{{{{")
    for row in p["w1"].T:
        print("    {" + numbers(row) + "},")
    print("}};")
    print(f"inline constexpr std::array<float, {HIDDEN}> kHiddenBias{{{numbers(p['b1'])}}};")
    print(f"inline constexpr std::array<float, {HIDDEN}> kOut{{{numbers(p['w2'])}}};")
    print(f"inline constexpr float kOutBias = {numbers(p['b2'])};")
    print("// clang-format on\n\n}  // namespace spacecast::speaker::weights")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = np.fromfile(sys.argv[1], np.float32).reshape(-1, FEATURES + 1)
    rng = np.random.default_rng(1)
    held_out = len(rows) * 9 // 10
    mean, spread = rows[:, :-1].mean(0), rows[:, :-1].std(0) + 1e-3
    x, y = (rows[:, :-1] - mean) / spread, rows[:, -1]
    p = train(x[:held_out], y[:held_out], rng)
    report(x[held_out:], y[held_out:], p)
    p["b1"] = p["b1"] - (mean / spread) @ p["w1"]
    p["w1"] = p["w1"] / spread[:, None]
    write(p)


if __name__ == "__main__":
    main()
