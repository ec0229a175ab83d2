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

TRACKS, BARS, STEPS, PITCHES, LATENT = 5, 4, 16, 72, 128


class GeneratorBlock(nn.Sequential):
    def __init__(self, channels_in, channels, kernel, stride):
        super().__init__(
            nn.ConvTranspose3d(channels_in, channels, kernel, stride),
            nn.BatchNorm3d(channels),
            nn.ReLU(),
        )


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.shared = nn.Sequential(
            GeneratorBlock(LATENT, 256, (4, 1, 1), (4, 1, 1)),
            GeneratorBlock(256, 128, (1, 4, 1), (1, 4, 1)),
            GeneratorBlock(128, 64, (1, 1, 4), (1, 1, 4)),
            GeneratorBlock(64, 32, (1, 1, 3), (1, 1, 1)),
        )
        self.tracks = nn.ModuleList(
            nn.Sequential(
                GeneratorBlock(32, 16, (1, 4, 1), (1, 4, 1)),
                GeneratorBlock(16, 1, (1, 1, 12), (1, 1, 12)),
            )
            for _ in range(TRACKS)
        )

    def forward(self, latents):
        shared = self.shared(latents.view(-1, LATENT, 1, 1, 1))
        return torch.cat([track(shared) for track in self.tracks], 1)


class SampleNorm(nn.Module):
    """Layer norm over the whole sample, then scale and shift per channel."""

    def __init__(self, channels):
        super().__init__()
        self.gamma = nn.Parameter(torch.rand(channels, 1, 1, 1))
        self.beta = nn.Parameter(torch.zeros(channels, 1, 1, 1))

    def forward(self, x):
        axes = (1, 2, 3, 4)
        x = (x - x.mean(axes, keepdim=True)) / (x.std(axes, keepdim=True) + 1e-5)
        return self.gamma * x + self.beta


class CriticBlock(nn.Sequential):
    def __init__(self, channels_in, channels, kernel, stride):
        super().__init__(
            nn.Conv3d(channels_in, channels, kernel, stride),
            SampleNorm(channels),
            nn.LeakyReLU(0.01),
        )


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.tracks = nn.ModuleList(
            nn.Sequential(
                CriticBlock(1, 16, (1, 1, 12), (1, 1, 12)),
                CriticBlock(16, 16, (1, 4, 1), (1, 4, 1)),
            )
            for _ in range(TRACKS)
        )
        self.joined = nn.Sequential(
            CriticBlock(16 * TRACKS, 64, (1, 1, 3), (1, 1, 1)),
            CriticBlock(64, 64, (1, 1, 4), (1, 1, 4)),
            CriticBlock(64, 128, (1, 4, 1), (1, 4, 1)),
            CriticBlock(128, 128, (2, 1, 1), (1, 1, 1)),
            CriticBlock(128, 256, (3, 1, 1), (3, 1, 1)),
        )
        self.score = nn.Linear(256, 1)

    def forward(self, rolls):
        tracks = [track(rolls[:, i : i + 1]) for i, track in enumerate(self.tracks)]
        return self.score(self.joined(torch.cat(tracks, 1)).flatten(1))


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
    phrases = (torch.rand(256, TRACKS, BARS, STEPS, PITCHES) < 1 / 40).float()

    def step():
        real = phrases[torch.randint(len(phrases), (options.batch,))]
        fake = generator(torch.randn(options.batch, LATENT)).detach()
        mix = torch.rand(options.batch, 1, 1, 1, 1)
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
