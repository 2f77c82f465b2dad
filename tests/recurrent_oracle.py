"""The slow oracle of the recurrent network: one number at a time, from the equations, with no line of the package.

Parameters are nested lists by the network's names; xs is the sequence of one example, T lists of k numbers.
"""

from oracle import SLOPE, apply, cost_derivative

LOOPS = range
FLAT_SPOT = 0.1


def layers(p):
    return sum(name.startswith("biases") for name in p) - 1


def weighted(w, a):
    return [sum(w[j][i] * a[i] for i in LOOPS(len(a))) for j in LOOPS(len(w))]


def forward(p, hidden, output, xs, early=None, reach=None):
    """(z[layer][t], h[layer][t + 1], z, a). Steps before the last `reach` use the parameters `early`."""
    z, h, sequence = {}, {}, xs
    for layer in LOOPS(1, layers(p) + 1):
        start = len(xs) - (reach or len(xs))
        first = early if start > 0 else p
        n = len(p[f"biases_{layer}"])
        h[layer] = [[row[0] for row in first.get(f"state_{layer}", [[0.0]] * n)]]
        z[layer] = []
        for t, x in enumerate(sequence):
            used = early if t < start else p
            across = weighted(used[f"weights_recurrent_{layer}"], h[layer][-1])
            up = weighted(used[f"weights_input_{layer}"], x)
            z[layer].append([up[j] + across[j] + used[f"biases_{layer}"][j][0] for j in LOOPS(n)])
            h[layer].append(apply(hidden, z[layer][-1]))
        sequence = h[layer][1:]
    up = weighted(p["weights_output"], sequence[-1])
    last = [up[j] + p["biases_output"][j][0] for j in LOOPS(len(up))]
    return z, h, last, apply(output, last)


def output_delta(name, output, z, a, y):
    if name == "mse-flatspot":
        return [(a[j] - y[j]) * (SLOPE[output](z[j]) + FLAT_SPOT) for j in LOOPS(len(a))]
    if name == "mse-natural":
        return [a[j] - y[j] for j in LOOPS(len(a))]
    name = "ce" if name.startswith("ce") else name
    gradient = cost_derivative(name, output, a, y)
    if output != "softmax":
        return [gradient[j] * SLOPE[output](z[j]) for j in LOOPS(len(a))]
    return [sum(gradient[k] * a[k] * ((k == j) - a[j]) for k in LOOPS(len(a))) for j in LOOPS(len(a))]


def backprop(p, hidden, output, name, xs, y, reach=None):
    """The gradient of one example by a plain loop back through time, as nested lists by name."""
    z, h, last, a = forward(p, hidden, output, xs)
    g = {key: [[0.0] * len(row) for row in rows] for key, rows in p.items()}
    T, L = len(xs), layers(p)
    reach = reach or T
    delta = output_delta(name, output, last, a, y)
    outer(g["weights_output"], delta, h[L][T])
    outer(g["biases_output"], delta, [1.0])
    back = transposed(p["weights_output"], delta)
    above = [[0.0] * len(back) for _ in LOOPS(T - 1)] + [back]
    for layer in LOOPS(L, 0, -1):
        n = len(p[f"biases_{layer}"])
        later, below = [0.0] * n, []
        for t in LOOPS(T - 1, T - reach - 1, -1):
            dh = [above[t][j] + later[j] for j in LOOPS(n)]
            delta = [dh[j] * SLOPE[hidden](z[layer][t][j]) for j in LOOPS(n)]
            x = xs[t] if layer == 1 else h[layer - 1][t + 1]
            outer(g[f"weights_input_{layer}"], delta, x)
            outer(g[f"weights_recurrent_{layer}"], delta, h[layer][t])
            outer(g[f"biases_{layer}"], delta, [1.0])
            later = transposed(p[f"weights_recurrent_{layer}"], delta)
            below.insert(0, transposed(p[f"weights_input_{layer}"], delta))
        if f"state_{layer}" in p and reach == T:
            outer(g[f"state_{layer}"], later, [1.0])
        above = [None] * (T - reach) + below
    return g


def outer(g, delta, a):
    for j in LOOPS(len(delta)):
        for i in LOOPS(len(a)):
            g[j][i] += delta[j] * a[i]


def transposed(w, delta):
    return [sum(w[j][i] * delta[j] for j in LOOPS(len(delta))) for i in LOOPS(len(w[0]))]
