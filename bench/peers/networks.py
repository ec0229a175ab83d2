"""The networks of the 2019 MuseGAN tutorial in PyTorch: what this project is compared with.

Names and shapes of the generator's state dictionary are those of the project's weights files.
"""
import torch
from torch import nn

TRACKS = 5


class Up(nn.Module):
    def __init__(self, i, o, kernel, stride=None):
        super().__init__()
        self.transconv = nn.ConvTranspose3d(i, o, kernel, stride or kernel)
        self.batchnorm = nn.BatchNorm3d(o)

    def forward(self, x):
        return torch.relu(self.batchnorm(self.transconv(x)))


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.transconv0 = Up(128, 256, (4, 1, 1))
        self.transconv1 = Up(256, 128, (1, 4, 1))
        self.transconv2 = Up(128, 64, (1, 1, 4))
        self.transconv3 = Up(64, 32, (1, 1, 3), (1, 1, 1))
        self.transconv4 = nn.ModuleList([Up(32, 16, (1, 4, 1)) for _ in range(TRACKS)])
        self.transconv5 = nn.ModuleList([Up(16, 1, (1, 1, 12)) for _ in range(TRACKS)])

    def forward(self, z):
        x = z.view(-1, 128, 1, 1, 1)
        for block in (self.transconv0, self.transconv1, self.transconv2, self.transconv3):
            x = block(x)
        x = torch.cat([b(a(x)) for a, b in zip(self.transconv4, self.transconv5)], 1)
        return x.view(-1, TRACKS, 64, 72)


class Down(nn.Module):
    def __init__(self, i, o, kernel, stride=None):
        super().__init__()
        self.conv = nn.Conv3d(i, o, kernel, stride or kernel)
        self.gamma = nn.Parameter(torch.rand(o))
        self.beta = nn.Parameter(torch.zeros(o))

    def forward(self, x):
        x = self.conv(x)
        flat = x.flatten(1)
        mean, std = (s.view(-1, 1, 1, 1, 1) for s in (flat.mean(1), flat.std(1)))
        x = (x - mean) / (std + 1e-5)
        x = self.gamma.view(1, -1, 1, 1, 1) * x + self.beta.view(1, -1, 1, 1, 1)
        return nn.functional.leaky_relu(x)


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.ModuleList([Down(1, 16, (1, 1, 12)) for _ in range(TRACKS)])
        self.b = nn.ModuleList([Down(16, 16, (1, 4, 1)) for _ in range(TRACKS)])
        self.trunk = nn.Sequential(
            Down(80, 64, (1, 1, 3), (1, 1, 1)),
            Down(64, 64, (1, 1, 4)),
            Down(64, 128, (1, 4, 1)),
            Down(128, 128, (2, 1, 1), (1, 1, 1)),
            Down(128, 256, (3, 1, 1), (1, 1, 1)),
        )
        self.dense = nn.Linear(256, 1)

    def forward(self, x):
        x = x.view(-1, TRACKS, 4, 16, 72)
        x = torch.cat([b(a(x[:, [i]])) for i, (a, b) in enumerate(zip(self.a, self.b))], 1)
        return self.dense(self.trunk(x).flatten(1)).flatten()
