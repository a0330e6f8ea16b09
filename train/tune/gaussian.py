"""The next candidate by a Gaussian process: where the score is expected to be low, or little is known about it.

The lower confidence bound of Srinivas et al., "Gaussian process optimization in the bandit setting" (2010); trials that
are still running count with the score that is expected of them (Ginsbourger et al., 2010, "kriging believer").
"""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from threadpoolctl import threadpool_limits

Points = NDArray[np.float64]  # (N, D), every knob from 0 to 1
CURIOSITY = 1.5  # standard deviations below the mean that a candidate is credited with
RESTARTS = 3  # of the kernel's own fit, which has few numbers to find


def choose(points: Points, scores: NDArray[np.float64], running: Points, proposals: Points, seed: int) -> int:
    """The index of the best of `proposals` (M, D), M ≥ 1, by what `points` (N, D) scored (N,); low is good.

    `running` (R, D) have no score yet.
    """
    with threadpool_limits(1):  # several threads on matrices this small only wait for each other, and for trainings
        process = _fit(points, scores, seed)
        if len(running):
            expected = process.predict(running)
            process = _fit(np.concatenate([points, running]), np.concatenate([scores, expected]), seed)
        mean, deviation = process.predict(proposals, return_std=True)
    return int(np.argmin(mean - CURIOSITY * deviation))


def _fit(points: Points, scores: NDArray[np.float64], seed: int) -> GaussianProcessRegressor:
    """A process with one length for all knobs, and noise: another seed would have scored a little otherwise."""
    kernel = ConstantKernel() * Matern(nu=2.5, length_scale_bounds=(0.05, 20)) + WhiteKernel(0.1, (1e-3, 1))
    process = GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=RESTARTS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound: knobs that hardly matter
        return process.fit(points, scores)
