"""PyTorch's time for what the plugin does on its worker thread: one phrase from one latent.

  python bench/peers/generate.py [WEIGHTS.pth]

The generator of the 2019 MuseGAN tutorial in evaluation mode on one thread, as eager PyTorch, as
frozen TorchScript and, where a C++ compiler is installed, through torch.compile; alone and as one
of 64. The columns are those of `cargo bench -p musegan-model --bench phrase`.
"""
import shutil
import sys
import time
import warnings

import torch

from networks import Generator


def measure(name, network, batch, repeats):
    latents = torch.randn(batch, 128)
    milliseconds = []
    with torch.inference_mode():
        for _ in range(repeats + max(repeats // 10, 10)):
            start = time.perf_counter()
            network(latents)
            milliseconds.append((time.perf_counter() - start) * 1e3 / batch)
    milliseconds = sorted(milliseconds[-repeats:])
    median, p99 = milliseconds[repeats // 2], milliseconds[repeats * 99 // 100]
    print(f"{name} batch {batch:>2}: {median:.4f} ms per phrase median, {p99:.4f} p99", flush=True)


def main():
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    eager = Generator().eval()
    if len(sys.argv) > 1:
        eager.load_state_dict(torch.load(sys.argv[1], map_location="cpu"))
    for batch, repeats in ((1, 500), (64, 20)):
        latents = torch.randn(batch, 128)
        measure("pytorch-eager", eager, batch, repeats)
        frozen = torch.jit.optimize_for_inference(torch.jit.trace(eager, latents))
        measure("pytorch-torchscript", frozen, batch, repeats)
        if shutil.which("c++"):
            torch._dynamo.reset()
            measure("pytorch-compile", torch.compile(eager), batch, repeats)


if __name__ == "__main__":
    main()
