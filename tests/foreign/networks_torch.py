"""Small autoencoders in PyTorch, one for each habit of their authors. Random weights; nothing is
trained. `ALL` names them with the shape of a window."""

import torch
from torch import nn
from torch.nn import functional as F


def dense():
    return nn.Sequential(
        nn.Linear(24, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 4), nn.SiLU(),
        nn.Linear(4, 16), nn.GELU(), nn.Linear(16, 24), nn.Sigmoid(),
    )


def conv1d():
    return nn.Sequential(
        nn.Conv1d(3, 8, 5, 2, 2), nn.BatchNorm1d(8), nn.LeakyReLU(0.1),
        nn.Conv1d(8, 12, 3, 2, 1), nn.PReLU(),
        nn.ConvTranspose1d(12, 8, 4, 2, 1), nn.ELU(),
        nn.ConvTranspose1d(8, 3, 3, 2, 1, output_padding=1),
    )


def conv2d():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 4, 3, 1, 1), nn.ReLU6(), nn.AvgPool2d(2),
        nn.Upsample(scale_factor=2), nn.Conv2d(4, 8, 3, 1, 1), nn.Hardswish(),
        nn.ConvTranspose2d(8, 1, 2, 2), nn.Sigmoid(),
    )


class Bilinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Conv2d(1, 4, 3, 2, 1), nn.Conv2d(4, 1, 3, 1, 1)

    def forward(self, x):
        z = F.relu(self.down(x))
        return self.up(F.interpolate(z, size=x.shape[-2:], mode="bilinear", align_corners=False))


class Recurrent(nn.Module):
    """The last state is repeated for each row, as most tutorials do it."""

    def __init__(self, kind, layers, both=False):
        super().__init__()
        self.encoder = kind(3, 6, layers, batch_first=True, bidirectional=both)
        self.decoder = kind(12 if both else 6, 6, layers, batch_first=True)
        self.out = nn.Linear(6, 3)

    def forward(self, x):
        z = self.encoder(x)[0][:, -1:]
        return self.out(self.decoder(z.repeat(1, x.shape[1], 1))[0])


class Handed(nn.Module):
    """The decoder starts from the encoder's state and sees the input turned round."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.LSTM(3, 6, batch_first=True), nn.LSTM(3, 6, batch_first=True)
        self.out = nn.Linear(6, 3)

    def forward(self, x):
        _, state = self.encoder(x)
        return self.out(self.decoder(torch.flip(x, [1]), state)[0])


class Causal(nn.Module):
    def __init__(self, rows, columns, dilation):
        super().__init__()
        self.conv = nn.utils.parametrizations.weight_norm(
            nn.Conv1d(rows, columns, 3, padding=2 * dilation, dilation=dilation)
        )
        self.side = nn.Conv1d(rows, columns, 1)
        self.chomp = 2 * dilation

    def forward(self, x):
        return F.relu(self.conv(x)[:, :, : -self.chomp]) + self.side(x)


def tcn():
    return nn.Sequential(Causal(3, 8, 1), Causal(8, 8, 2), Causal(8, 8, 4), nn.Conv1d(8, 3, 1))


class Variational(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.mu, self.logvar = nn.Linear(24, 16), nn.Linear(16, 4), nn.Linear(16, 4)
        self.decoder = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 24))

    def forward(self, x):
        h = F.relu(self.encoder(x))
        mu, spread = self.mu(h), torch.exp(0.5 * self.logvar(h))
        return self.decoder(mu + torch.randn_like(spread) * spread)


class VariationalAll(Variational):
    """Gives mean and log variance as well: three outputs."""

    def forward(self, x):
        h = F.relu(self.encoder(x))
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        return self.decoder(z), mu, logvar


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, 0.1, "gelu", batch_first=True)
        self.into, self.out = nn.Linear(3, 8), nn.Linear(8, 3)
        self.place = nn.Parameter(torch.randn(1, 10, 8) * 0.1)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x):
        return self.out(self.layers(self.into(x) + self.place))


class Attention(nn.Module):
    """Attention written with einsum, as papers do."""

    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(3, 24, bias=False), nn.Linear(8, 3)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (t.reshape(*t.shape[:2], 2, 4) for t in (q, k, v))
        weights = torch.softmax(torch.einsum("bihd,bjhd->bhij", q, k) / 2, -1)
        return self.out(torch.einsum("bhij,bjhd->bihd", weights, v).flatten(2))


def group_norm():
    return nn.Sequential(
        nn.Conv1d(3, 8, 3, 1, 1), nn.GroupNorm(2, 8), nn.Mish(),
        nn.Conv1d(8, 8, 3, 1, 1), nn.InstanceNorm1d(8, affine=True), nn.Softplus(),
        nn.Conv1d(8, 3, 1),
    )


def pixel_shuffle():
    return nn.Sequential(
        nn.PixelUnshuffle(2), nn.Conv2d(4, 8, 3, 1, 1), nn.ReLU(),
        nn.Conv2d(8, 4, 3, 1, 1), nn.PixelShuffle(2),
    )


class Padded(nn.Module):
    """Pads and crops by hand, and by reflection."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(3, 6, 5, padding=2, padding_mode="reflect")
        self.up = nn.ConvTranspose1d(6, 3, 4, 2)

    def forward(self, x):
        z = F.relu(self.conv(F.pad(x, (1, 2))))[:, :, ::2]
        return self.up(F.pad(z, (0, 1), mode="replicate"))[:, :, : x.shape[2]]


class Error(nn.Module):
    """The mean squared error instead of the reconstruction: a score."""

    def __init__(self):
        super().__init__()
        self.net = dense()

    def forward(self, x):
        return ((self.net(x) - x) ** 2).mean(1)


class Skip(nn.Module):
    """A small U-Net: what the encoder saw is laid beside the decoder's input."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(1, 4, 3, 1, 1), nn.Conv2d(4, 8, 3, 2, 1)
        self.up, self.c = nn.ConvTranspose2d(8, 4, 2, 2), nn.Conv2d(8, 1, 3, 1, 1)

    def forward(self, x):
        near = F.relu(self.a(x))
        far = F.relu(self.up(F.relu(self.b(near))))
        return torch.tanh(self.c(torch.cat([near, far], 1)))


class Normed(nn.Module):
    """LayerNorm, RMSNorm and a scale of the window's own."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(24, 12), nn.LayerNorm(12), nn.Tanh(), nn.Linear(12, 12), nn.RMSNorm(12),
            nn.Linear(12, 24),
        )

    def forward(self, x):
        mean, spread = x.mean(1, keepdim=True), x.std(1, keepdim=True, unbiased=False) + 1e-5
        return self.layers((x - mean) / spread) * spread + mean


ALL = {
    "dense": (dense, (24,)),
    "conv1d": (conv1d, (3, 32)),
    "conv2d": (conv2d, (1, 16, 16)),
    "bilinear": (Bilinear, (1, 16, 16)),
    "lstm": (lambda: Recurrent(nn.LSTM, 1), (12, 3)),
    "lstm2": (lambda: Recurrent(nn.LSTM, 2), (12, 3)),
    "bilstm": (lambda: Recurrent(nn.LSTM, 1, both=True), (12, 3)),
    "handed": (Handed, (12, 3)),
    "gru": (lambda: Recurrent(nn.GRU, 1), (12, 3)),
    "rnn": (lambda: Recurrent(nn.RNN, 1), (12, 3)),
    "tcn": (tcn, (3, 20)),
    "vae": (Variational, (24,)),
    "vae3": (VariationalAll, (24,)),
    "transformer": (Transformer, (10, 3)),
    "attention": (Attention, (10, 3)),
    "group_norm": (group_norm, (3, 16)),
    "pixel_shuffle": (pixel_shuffle, (1, 8, 8)),
    "padded": (Padded, (3, 16)),
    "skip": (Skip, (1, 16, 16)),
    "normed": (Normed, (24,)),
    "error": (Error, (24,)),
}
SCORES = ("error",)


def made(name: str):
    """The network, and four windows of noise."""
    torch.manual_seed(len(name))
    make, shape = ALL[name]
    network = make().eval()
    # Statistics that differ from the defaults, so that leaving them out shows.
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    return network, torch.randn(4, *shape)
