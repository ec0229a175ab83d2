"""PyTorch's time for what the plugin does on its worker thread: one phrase from one latent.

  python bench/peers/generate.py [--device cpu|cuda[:N]] [--tf32] [WEIGHTS.pth]

The generator of the 2019 MuseGAN tutorial in evaluation mode on one thread, as eager PyTorch, as
frozen TorchScript and, where a C++ compiler is installed, through torch.compile, which on CUDA
replays CUDA graphs; alone and as one of 64. On CUDA each time is from the latent in the computer's
memory to the activations in it, as a phrase needs them, in float32 unless `--tf32` is given. The
columns are those of `cargo bench -p musegan-model --bench phrase`.
"""
import argparse
import shutil
import time
import warnings

import torch

from networks import Generator


def measure(name, network, device, batch, repeats):
    latents = torch.randn(batch, 128)
    milliseconds = []
    with torch.inference_mode():
        for _ in range(repeats + max(repeats // 10, 10)):
            start = time.perf_counter()
            network(latents.to(device)).cpu()
            milliseconds.append((time.perf_counter() - start) * 1e3 / batch)
    milliseconds = sorted(milliseconds[-repeats:])
    median, p99 = milliseconds[repeats // 2], milliseconds[repeats * 99 // 100]
    print(f"{name} batch {batch:>2}: {median:.4f} ms per phrase median, {p99:.4f} p99", flush=True)


def main():
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", nargs="?")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tf32", action="store_true")
    options = parser.parse_args()
    cuda = options.device.startswith("cuda")
    if cuda and not torch.cuda.is_available():
        parser.error("this PyTorch finds no CUDA device")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = options.tf32
    torch.backends.cudnn.allow_tf32 = options.tf32
    torch.backends.cudnn.benchmark = cuda
    device = torch.device(options.device)
    eager = Generator().eval()
    if options.weights:
        eager.load_state_dict(torch.load(options.weights, map_location="cpu"))
    eager.to(device)
    for batch, repeats in ((1, 500), (64, 200 if cuda else 20)):
        latents = torch.randn(batch, 128, device=device)
        measure("pytorch-eager", eager, device, batch, repeats)
        frozen = torch.jit.optimize_for_inference(torch.jit.trace(eager, latents))
        measure("pytorch-torchscript", frozen, device, batch, repeats)
        if shutil.which("c++"):
            torch._dynamo.reset()
            compiled = torch.compile(eager, mode="reduce-overhead" if cuda else None)
            measure("pytorch-compile", compiled, device, batch, repeats)


if __name__ == "__main__":
    main()
