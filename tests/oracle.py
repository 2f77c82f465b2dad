"""The slow oracle: BP1 to BP4 one number at a time, from the equations, sharing no line with the package."""

import cmath
import math

LOOPS = range


def sigmoid(z):
    return 1 / (1 + cmath.exp(-z)) if z.real > -30 else cmath.exp(z)


ACTIVATION = {
    "sigmoid": sigmoid,
    "tanh": lambda z: cmath.tanh(z),
    "relu": lambda z: z if z.real > 0 else 0 * z,
    "linear": lambda z: z,
}
SLOPE = {
    "sigmoid": lambda z: sigmoid(z) * (1 - sigmoid(z)),
    "tanh": lambda z: 1 - cmath.tanh(z) ** 2,
    "relu": lambda z: 1.0 if z.real > 0 else 0.0,
    "linear": lambda z: 1.0,
}


def apply(name, zs):
    if name == "softmax":
        shares = [cmath.exp(z) for z in zs]
        return [share / sum(shares) for share in shares]
    return [ACTIVATION[name](z) for z in zs]


def modulus(e):
    return e if e.real > 0 else -e


def cost(name, output, a, y):
    """What one example costs; complex where the parameters are, so that a complex step differentiates it."""
    if name == "mse":
        return sum((ak - yk) ** 2 for ak, yk in zip(a, y, strict=True)) / 2
    if name == "mae":
        return sum(modulus(ak - yk) for ak, yk in zip(a, y, strict=True))
    if name == "huber":
        return sum(
            (ak - yk) ** 2 / 2 if abs((ak - yk).real) <= 1 else modulus(ak - yk) - 0.5
            for ak, yk in zip(a, y, strict=True)
        )
    if output == "softmax":
        return -sum(yk * cmath.log(ak) for ak, yk in zip(a, y, strict=True))
    return -sum(yk * cmath.log(ak) + (1 - yk) * cmath.log(1 - ak) for ak, yk in zip(a, y, strict=True))


def cost_derivative(name, output, a, y):
    """dC/da, one output at a time."""
    found = []
    for ak, yk in zip(a, y, strict=True):
        if name == "mse":
            found.append(ak - yk)
        elif name == "mae":
            found.append(math.copysign(1, (ak - yk).real))
        elif name == "huber":
            found.append(ak - yk if abs(ak - yk) <= 1 else math.copysign(1, (ak - yk).real))
        elif output == "softmax":
            found.append(-yk / ak)
        else:
            found.append((ak - yk) / (ak * (1 - ak)))
    return found


def forward(weights, biases, hidden, output, x):
    """Weighted inputs and activations of one example, layer by layer, each a list of numbers."""
    a, zs, activations = list(x), [], [list(x)]
    for layer, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = [b[j] + sum(w[j][k] * a[k] for k in LOOPS(len(a))) for j in LOOPS(len(b))]
        a = apply(output if layer == len(weights) - 1 else hidden, z)
        zs.append(z)
        activations.append(a)
    return zs, activations


def backprop(weights, biases, hidden, output, name, x, y):
    """(nabla_b, nabla_w) of one example by BP1 to BP4, as nested lists."""
    zs, activations = forward(weights, biases, hidden, output, x)
    gradient = cost_derivative(name, output, activations[-1], y)
    a = activations[-1]
    if output == "softmax":
        delta = [
            sum(gradient[k] * a[k] * ((1.0 if k == j else 0.0) - a[j]) for k in LOOPS(len(a))) for j in LOOPS(len(a))
        ]
    else:
        delta = [gradient[j] * SLOPE[output](zs[-1][j]) for j in LOOPS(len(a))]  # BP1
    nabla_b, nabla_w = [], []
    for layer in reversed(LOOPS(len(weights))):
        nabla_b.insert(0, delta)  # BP3
        nabla_w.insert(0, [[activations[layer][k] * d for k in LOOPS(len(activations[layer]))] for d in delta])  # BP4
        if layer:
            w = weights[layer]
            delta = [
                sum(w[j][k] * delta[j] for j in LOOPS(len(delta))) * SLOPE[hidden](zs[layer - 1][k])  # BP2
                for k in LOOPS(len(zs[layer - 1]))
            ]
    return nabla_b, nabla_w
