"""The same two networks and the same WGAN-GP step in PyTorch, to hold training speed against.

  python bench/peers/train.py [--device cpu|cuda[:N]] [--steps N] [--threads N] [--batch N]
                              [--graph] [--compile] [--tf32] [--launches]

Prints `steps_per_second: N`, as `cargo bench -p musegan-train --bench step` does, and
`phrases_per_second: N`, the real phrases that those steps learn from. On the CPU the median over
the steps after a few to warm up; on CUDA, where a step returns before it is done, the median over
ten runs of a tenth of the steps, with a wait for the card before the first step and after the last.
Data and random numbers are on the card, nothing is copied, cuDNN picks its fastest kernels.

Numbers are float32 throughout, as ours are: PyTorch's own default rounds the operands of
convolutions to TF32 on CUDA, and `--tf32` lets it, in matrix products too. `--graph` captures the
whole step in a CUDA graph. `--compile` compiles the networks where PyTorch can, which is everywhere
but in the penalty: what is compiled has no second derivative. `--launches` also counts, by
PyTorch's profiler, the kernels of a step and the time the card is busy with them. Needs `torch`.
"""
import argparse
import statistics
import time

import torch
from torch import nn

from networks import Critic, Generator

LATENT = 128


class Training:
    def __init__(self, options):
        self.batch, self.device = options.batch, torch.device(options.device)
        self.generator, self.critic = Generator(), Critic()
        for module in [*self.generator.modules(), *self.critic.modules()]:
            if isinstance(module, (nn.Conv3d, nn.ConvTranspose3d)):
                nn.init.normal_(module.weight, 0, 0.05)
        self.generator.to(self.device)
        self.critic.to(self.device)
        adam = {"lr": 1e-3, "betas": (0.5, 0.9), "capturable": options.graph}
        self.generator_adam = torch.optim.Adam(self.generator.parameters(), **adam)
        self.critic_adam = torch.optim.Adam(self.critic.parameters(), **adam)
        self.phrases = (torch.rand(256, 5, 64, 72) < 1 / 40).float().to(self.device)
        compiled = torch.compile if options.compile else lambda network: network
        self.make, self.judge = compiled(self.generator), compiled(self.critic)

    def latents(self):
        return torch.randn(self.batch, LATENT, device=self.device)

    def step(self):
        chosen = torch.randint(len(self.phrases), (self.batch,), device=self.device)
        real = self.phrases[chosen]
        fake = self.make(self.latents()).detach()
        mix = torch.rand(self.batch, 1, 1, 1, device=self.device)
        mixed = (mix * real + (1 - mix) * fake).requires_grad_(True)
        (slope,) = torch.autograd.grad(self.critic(mixed).sum(), mixed, create_graph=True)
        penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
        loss = self.judge(fake).mean() - self.judge(real).mean() + 10 * penalty
        self.critic_adam.zero_grad()
        loss.backward()
        self.critic_adam.step()
        loss = -self.judge(self.make(self.latents())).mean()
        self.generator_adam.zero_grad()
        loss.backward()
        self.generator_adam.step()

    def captured(self):
        """The step as one launch; what it allocates stays where it is from replay to replay."""
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(5):
                self.step()
        torch.cuda.current_stream().wait_stream(aside)
        self.generator_adam.zero_grad(set_to_none=True)
        self.critic_adam.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.step()
        return graph.replay


def seconds_per_step(step, runs, steps, wait):
    """The median over the runs."""
    seconds = []
    for _ in range(runs):
        wait()
        begin = time.perf_counter()
        for _ in range(steps):
            step()
        wait()
        seconds.append((time.perf_counter() - begin) / steps)
    return statistics.median(seconds)


def count_launches(step, steps=5):
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiled:
        for _ in range(steps):
            step()
        torch.cuda.synchronize()
    # What the optimiser calls its own is no kernel, but spans some.
    events = [event for event in profiled.events() if not event.name.startswith("Optimizer.")]
    done = [event for event in events if event.device_type == DeviceType.CUDA]
    called = [event for event in events if "Launch" in event.name]
    busy = sum(event.time_range.elapsed_us() for event in done) / 1e3 / steps
    print(f"kernels_per_step: {len(done) / steps:.0f}")
    print(f"launches_per_step: {len(called) / steps:.0f}")
    print(f"busy_ms_per_step: {busy:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, help="20 on the CPU, 500 on CUDA")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=16)
    for switch in ("--graph", "--compile", "--tf32", "--launches"):
        parser.add_argument(switch, action="store_true")
    options = parser.parse_args()
    cuda = options.device.startswith("cuda")
    if not cuda and (options.graph or options.launches or options.tf32):
        parser.error("--graph, --launches and --tf32 are for --device cuda")
    if cuda and not torch.cuda.is_available():
        parser.error("this PyTorch finds no CUDA device")
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    torch.backends.cuda.matmul.allow_tf32 = options.tf32
    torch.backends.cudnn.allow_tf32 = options.tf32
    torch.backends.cudnn.benchmark = cuda
    if cuda:
        torch.cuda.set_device(torch.device(options.device))
    training = Training(options)
    for _ in range(10 if cuda else 3):
        training.step()
    step = training.captured() if options.graph else training.step
    steps = options.steps or (500 if cuda else 20)
    runs, steps = (10, max(steps // 10, 1)) if cuda else (steps, 1)
    median = seconds_per_step(step, runs, steps, torch.cuda.synchronize if cuda else lambda: None)
    where = torch.cuda.get_device_name() if cuda else f"{options.threads} threads"
    print(f"{median * 1e3:.3f} ms per step, {where}, torch {torch.__version__}")
    print(f"steps_per_second: {1 / median:.2f}")
    print(f"phrases_per_second: {options.batch / median:.1f}")
    if cuda:
        print(f"memory_mib: {torch.cuda.max_memory_reserved() / 2**20:.0f}")
    if options.launches:
        count_launches(step)


if __name__ == "__main__":
    main()
