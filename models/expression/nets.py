"""Small nets in JAX: whitened inputs, two hidden layers, a linear path beside them, a sigmoid at the end."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax

Weights = dict[str, jax.Array]


@dataclass(frozen=True, slots=True)
class Net:
    """A trained net.

    Attributes:
        mean: Of the inputs, shape (d,).
        whiten: To components of spread one, shape (d, k).
        weights: ``w1 b1 w2 b2 w3 skip b3``.
    """

    mean: np.ndarray
    whiten: np.ndarray
    weights: dict[str, np.ndarray]

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Outputs 0 to 1, shape (n, outputs)."""
        return np.asarray(jax.nn.sigmoid(_logits(self.weights, jnp.asarray((rows - self.mean) @ self.whiten))))


def whitening(rows: np.ndarray, components: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and map to the strongest components."""
    mean = rows.mean(axis=0)
    _, size, axes = np.linalg.svd(rows - mean, full_matrices=False)
    spread = size[:components] / np.sqrt(len(rows))
    # the weakest components are mostly noise of the points: they are not blown up to full size
    return mean.astype(np.float32), (axes[:components].T / (spread + 0.02 * spread[0])).astype(np.float32)


def fit(
    rows: np.ndarray,
    targets: np.ndarray,
    *,
    components: int,
    hidden: tuple[int, int],
    seed: int,
    epochs: int = 25,
    batch: int = 512,
    noise: float = 0.06,
) -> Net:
    """Train one net.

    Args:
        rows: Inputs, shape (n, d).
        targets: 0 to 1, shape (n, outputs); each counts by its spread.
        components: Kept after whitening.
        hidden: Sizes of the two hidden layers.
        seed: Of everything.
        epochs, batch: As usual.
        noise: Added to whitened inputs.
    """
    mean, whiten = whitening(rows[:: max(1, len(rows) // 20000)], components)
    seen = jnp.asarray((rows - mean) @ whiten)
    wanted, weigh = jnp.asarray(targets), jnp.asarray(1.0 / (targets.std(axis=0) + 0.05) ** 2)
    key = jax.random.PRNGKey(seed)
    start = _start(key, components, hidden, targets.shape[1])
    steps = epochs * (len(rows) // batch)
    optimiser = optax.adamw(optax.warmup_cosine_decay_schedule(0.0, 2e-3, steps // 20, steps, 1e-6), weight_decay=3e-4)

    def loss(weights: Weights, x: jax.Array, y: jax.Array) -> jax.Array:
        apart = jax.nn.sigmoid(_logits(weights, x)) - y
        huber = jnp.where(jnp.abs(apart) < 0.1, 0.5 * apart**2, 0.1 * (jnp.abs(apart) - 0.05))
        return jnp.mean(weigh * huber)

    @jax.jit
    def epoch(weights: Weights, state: optax.OptState, key: jax.Array) -> tuple[Weights, optax.OptState]:
        order = jax.random.permutation(key, seen.shape[0])[: (seen.shape[0] // batch) * batch].reshape(-1, batch)

        def step(carry, place):
            weights, state, key = carry
            key, use = jax.random.split(key)
            x = seen[place] + noise * jax.random.normal(use, (batch, seen.shape[1]))
            grads = jax.grad(loss)(weights, x, wanted[place])
            updates, state = optimiser.update(grads, state, weights)
            return (optax.apply_updates(weights, updates), state, key), None

        (weights, state, _), _ = jax.lax.scan(step, (weights, state, key), order)
        return weights, state

    weights, state = start, optimiser.init(start)
    for number in range(epochs):
        weights, state = epoch(weights, state, jax.random.fold_in(key, number))
    return Net(mean, whiten, {name: np.asarray(value) for name, value in weights.items()})


def _start(key: jax.Array, components: int, hidden: tuple[int, int], outputs: int) -> Weights:
    one, two, three = jax.random.split(key, 3)
    return {
        "w1": jax.random.normal(one, (components, hidden[0])) * np.sqrt(1 / components),
        "b1": jnp.zeros(hidden[0]),
        "w2": jax.random.normal(two, hidden) * np.sqrt(1 / hidden[0]),
        "b2": jnp.zeros(hidden[1]),
        "w3": jax.random.normal(three, (hidden[1], outputs)) * 0.01,
        "skip": jnp.zeros((components, outputs)),
        "b3": jnp.zeros(outputs),
    }


def _logits(weights: Weights, x: jax.Array) -> jax.Array:
    one = jax.nn.silu(x @ weights["w1"] + weights["b1"])
    two = jax.nn.silu(one @ weights["w2"] + weights["b2"])
    return two @ weights["w3"] + x @ weights["skip"] + weights["b3"]
