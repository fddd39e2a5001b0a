"""The other half of train_speed.sh: the loop of examples/train_speed.rs in PyTorch, as one would write
it by hand with the data in memory. Prints the seconds of training.

    python torch_loop.py WINDOWS EPOCHS BATCH
"""

import sys
import time

import torch
from torch import nn

windows, epochs, batch = (int(argument) for argument in sys.argv[1:4])
torch.set_num_threads(2)
torch.manual_seed(1)

data = torch.rand(windows, 784)
network = nn.Sequential(
    nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64),
    nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 784), nn.Sigmoid(),
)
optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.0)
loss_of = nn.MSELoss()


def train(epochs):
    mean = 0.0
    for _ in range(epochs):
        order = torch.randperm(windows)
        total = torch.zeros(())
        for start in range(0, windows, batch):
            x = data[order[start : start + batch]]
            optimiser.zero_grad()
            loss = loss_of(network(x), x)
            loss.backward()
            optimiser.step()
            total += loss.detach() * len(x)
        mean = total.item() / windows
    return mean


train(1)  # Warms up allocator and threads.
started = time.perf_counter()
mean = train(epochs)
print(f"{time.perf_counter() - started:.4f}")
print(f"loss {mean:.6f}", file=sys.stderr)
