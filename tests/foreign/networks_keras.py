"""Small autoencoders in Keras, as its tutorials write them. Random weights; nothing is trained.
`ALL` names them with the shape of a window."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers as k


def chain(shape, *steps):
    return keras.Sequential([k.Input(shape), *steps])


def dense():
    return chain(
        (24,), k.Dense(16, "relu"), k.BatchNormalization(), k.Dropout(0.1), k.Dense(4, "elu"),
        k.Dense(16, "swish"), k.Dense(24, "sigmoid"),
    )


def conv1d():
    return chain(
        (32, 3), k.Conv1D(8, 7, 2, "same", activation="relu"), k.Dropout(0.2),
        k.Conv1D(4, 7, 2, "same", activation="relu"),
        k.Conv1DTranspose(4, 7, 2, "same", activation="relu"),
        k.Conv1DTranspose(8, 7, 2, "same", activation="relu"),
        k.Conv1DTranspose(3, 7, padding="same"),
    )


def pooled():
    return chain(
        (32, 3), k.Conv1D(8, 3, padding="causal", activation="relu"), k.MaxPooling1D(2),
        k.Conv1D(4, 3, padding="same"), k.LeakyReLU(), k.UpSampling1D(2),
        k.Conv1D(3, 3, padding="same"),
    )


def conv2d():
    return chain(
        (16, 16, 1), k.Conv2D(8, 3, padding="same", activation="relu"), k.MaxPooling2D(2, padding="same"),
        k.Conv2D(4, 3, padding="same", activation="relu"), k.MaxPooling2D(2, padding="same"),
        k.Conv2D(4, 3, padding="same", activation="relu"), k.UpSampling2D(2),
        k.Conv2DTranspose(8, 3, 2, "same", activation="relu"),
        k.Conv2D(1, 3, padding="same", activation="sigmoid"),
    )


def separable():
    return chain(
        (16, 16, 3), k.SeparableConv2D(8, 3, 2, "same"), k.PReLU(shared_axes=[1, 2]),
        k.DepthwiseConv2D(3, padding="same"), k.UpSampling2D(2, interpolation="bilinear"),
        k.Conv2D(3, 3, padding="same"),
    )


def recurrent(kind, activation="tanh", both=False, **more):
    encoder = kind(6, activation=activation, **more)
    return chain(
        (12, 3), k.Bidirectional(encoder) if both else encoder, k.RepeatVector(12),
        kind(6, activation=activation, return_sequences=True, **more),
        k.TimeDistributed(k.Dense(3)),
    )


class Sampling(k.Layer):
    """By TensorFlow's own generator: tf2onnx knows no other."""

    def call(self, inputs):
        mean, spread = inputs
        return mean + tf.exp(0.5 * spread) * tf.random.normal(tf.shape(mean))


def vae():
    x = k.Input((24,))
    h = k.Dense(16, "relu")(x)
    z = Sampling()([k.Dense(4)(h), k.Dense(4)(h)])
    return keras.Model(x, k.Dense(24)(k.Dense(16, "relu")(z)))


def transformer():
    x = k.Input((10, 8))
    h = k.LayerNormalization()(x + k.MultiHeadAttention(2, 4)(x, x))
    h = k.LayerNormalization()(h + k.Dense(8)(k.Dense(16, "relu")(h)))
    return keras.Model(x, k.Dense(8)(h))


def group_norm():
    return chain(
        (16, 16, 1), k.Conv2D(8, 3, padding="same"), k.GroupNormalization(2), k.Activation("mish"),
        k.Conv2D(1, 3, padding="same"),
    )


def flat():
    return chain(
        (8, 8, 1), k.Conv2D(4, 3, 2, "same", activation="relu"), k.Flatten(), k.Dense(6),
        k.Dense(64, "relu"), k.Reshape((4, 4, 4)), k.Conv2DTranspose(1, 3, 2, "same"),
    )


def error():
    x = k.Input((24,))
    y = dense()(x)
    return keras.Model(x, keras.ops.mean(keras.ops.square(x - y), axis=-1))


ALL = {
    "dense": (dense, (24,)),
    "conv1d": (conv1d, (32, 3)),
    "pooled": (pooled, (32, 3)),
    "conv2d": (conv2d, (16, 16, 1)),
    "separable": (separable, (16, 16, 3)),
    "lstm": (lambda: recurrent(k.LSTM), (12, 3)),
    "lstm_relu": (lambda: recurrent(k.LSTM, "relu"), (12, 3)),
    "bilstm": (lambda: recurrent(k.LSTM, both=True), (12, 3)),
    "gru": (lambda: recurrent(k.GRU), (12, 3)),
    "gru_unrolled": (lambda: recurrent(k.GRU, unroll=True), (12, 3)),
    "vae": (vae, (24,)),
    "transformer": (transformer, (10, 8)),
    "group_norm": (group_norm, (16, 16, 1)),
    "flat": (flat, (8, 8, 1)),
    "error": (error, (24,)),
}
SCORES = ("error",)


def made(name: str):
    """The network, and four windows of noise."""
    keras.utils.set_random_seed(len(name))
    make, shape = ALL[name]
    windows = np.random.default_rng(5).normal(0, 1, (4, *shape)).astype(np.float32)
    return make(), windows
