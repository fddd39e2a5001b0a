"""What skl2onnx writes: detectors that give a score, and regressors that learn their own input."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, IsolationForest, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, SGDOneClassSVM
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import LocalOutlierFactor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, RobustScaler
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM
from sklearn.tree import DecisionTreeRegressor

import reference
from cases import Failed, tried

CHANNELS = 6


def data(seed: int, rows: int) -> np.ndarray:
    """Six channels that hang together, at different heights."""
    random = np.random.default_rng(seed)
    hidden = random.normal(0, 1, (rows, 2))
    mixed = hidden @ np.random.default_rng(1).normal(0, 1, (2, CHANNELS))
    noise = random.normal(0, 0.2, (rows, CHANNELS))
    return (np.arange(CHANNELS) * 2 + mixed + noise).astype(np.float32)


DETECTORS = {
    "isolation_forest": lambda: IsolationForest(n_estimators=50, random_state=0),
    "isolation_forest_100": lambda: IsolationForest(max_samples=256, random_state=0),
    "one_class_svm": lambda: OneClassSVM(nu=0.1, gamma="scale"),
    "one_class_svm_linear": lambda: OneClassSVM(nu=0.1, kernel="linear"),
    "one_class_svm_poly": lambda: OneClassSVM(nu=0.1, kernel="poly"),
    "one_class_svm_sigmoid": lambda: OneClassSVM(nu=0.1, kernel="sigmoid"),
    "sgd_one_class": lambda: SGDOneClassSVM(random_state=0),
    "local_outlier": lambda: LocalOutlierFactor(n_neighbors=5, novelty=True),
    "mixture": lambda: GaussianMixture(2, random_state=0),
    "scaled_forest": lambda: make_pipeline(StandardScaler(), IsolationForest(random_state=0)),
    "minmax_svm": lambda: make_pipeline(MinMaxScaler(), OneClassSVM(nu=0.1)),
    "robust_svm": lambda: make_pipeline(RobustScaler(), OneClassSVM(nu=0.1)),
    "pca_svm": lambda: make_pipeline(StandardScaler(), PCA(3), OneClassSVM(nu=0.1)),
    "imputed_forest": lambda: make_pipeline(SimpleImputer(), IsolationForest(random_state=0)),
    "unit_svm": lambda: make_pipeline(Normalizer(), OneClassSVM(nu=0.1)),
    "maxabs_forest": lambda: make_pipeline(MaxAbsScaler(), IsolationForest(random_state=0)),
}


def network() -> MLPRegressor:
    return MLPRegressor(hidden_layer_sizes=(4, 2, 4), max_iter=300, random_state=0)


# They learn to give back what they were given.
REGRESSORS = {
    "mlp": lambda: network(),
    "scaled_mlp": lambda: make_pipeline(StandardScaler(), network()),
    "pca_linear": lambda: make_pipeline(PCA(2), LinearRegression()),
    "pls": lambda: PLSRegression(2),
    "forest": lambda: RandomForestRegressor(10, max_depth=4, random_state=0),
    "tree": lambda: DecisionTreeRegressor(max_depth=4),
}


def cases(folder: Path) -> Iterator:
    normal, windows = data(2, 300), data(3, 20)
    for name, make in DETECTORS.items():
        yield detector(folder, name, make().fit(normal), normal)
    boosted = GradientBoostingRegressor(n_estimators=20, random_state=0)
    boosted.fit(normal[:, 1:], normal[:, 0])
    yield detector(folder, "boosted", boosted, normal[:, 1:])
    for name, make in REGRESSORS.items():
        path = folder / f"{name}.onnx"
        model = make().fit(normal, normal)
        export = lambda: path.write_bytes(written(model, normal))  # noqa: B023, E731
        yield tried("skl2onnx.regressor", name, path, windows, export)


def written(model, normal: np.ndarray) -> bytes:
    """For a forest skl2onnx asks for these versions."""
    options = {id(model): {"score_samples": True}} if isinstance(model, GaussianMixture) else None
    opsets = {"": 21, "ai.onnx.ml": 3}
    return to_onnx(model, normal[:1], options=options, target_opset=opsets).SerializeToString()


def detector(folder, name, model, normal):
    """A score of each row; the label beside it is not asked for."""
    # What is calmer than all of normal data counts as just as calm.
    windows = normal[:20]
    path = folder / f"{name}.onnx"
    export = lambda: path.write_bytes(written(model, normal))  # noqa: E731
    case = tried("skl2onnx.detector", name, path, windows, export, normal=normal)
    if case is None or isinstance(case, Failed):
        return case
    try:
        session = reference.session(path)
        names = [output.name for output in session.get_outputs()]
        score = next((n for n in names if "score" in n), names[-1])
        rows = [session.run([score], {"X": row[None]})[0].ravel() for row in windows]
        case.wanted = np.concatenate(rows)
    except Exception as error:
        return Failed(case.exporter, name, f"onnxruntime: {str(error)[:120]}")
    return case
