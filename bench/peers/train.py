"""The same two networks and the same WGAN-GP step in PyTorch, to hold training speed against.

  python bench/peers/train.py [--steps N] [--threads N] [--batch N]

Prints `steps_per_second: N`, the median over the steps after a few to warm up, as
`cargo bench -p musegan-train --bench step` does. Needs `torch`.
"""
import argparse
import statistics
import time

import torch
from torch import nn

from networks import Critic, Generator

LATENT = 128


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=16)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    generator, critic = Generator(), Critic()
    for module in [*generator.modules(), *critic.modules()]:
        if isinstance(module, (nn.Conv3d, nn.ConvTranspose3d)):
            nn.init.normal_(module.weight, 0, 0.05)
    adam = {"lr": 1e-3, "betas": (0.5, 0.9)}
    generator_adam = torch.optim.Adam(generator.parameters(), **adam)
    critic_adam = torch.optim.Adam(critic.parameters(), **adam)
    phrases = (torch.rand(256, 5, 64, 72) < 1 / 40).float()

    def step():
        real = phrases[torch.randint(len(phrases), (options.batch,))]
        fake = generator(torch.randn(options.batch, LATENT)).detach()
        mix = torch.rand(options.batch, 1, 1, 1)
        mixed = (mix * real + (1 - mix) * fake).requires_grad_(True)
        (slope,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
        penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
        critic_adam.zero_grad()
        loss.backward()
        critic_adam.step()
        loss = -critic(generator(torch.randn(options.batch, LATENT))).mean()
        generator_adam.zero_grad()
        loss.backward()
        generator_adam.step()

    seconds = []
    for index in range(options.steps + 3):
        begin = time.perf_counter()
        step()
        if index >= 3:
            seconds.append(time.perf_counter() - begin)
    median = statistics.median(seconds)
    print(f"{median * 1e3:.1f} ms per step, {options.threads} threads, torch {torch.__version__}")
    print(f"steps_per_second: {1 / median:.2f}")


if __name__ == "__main__":
    main()
