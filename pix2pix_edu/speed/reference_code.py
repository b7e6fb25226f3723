"""Run the reference implementation from a folder with its code, to time it beside this library."""

import contextlib
import importlib
import io
import sys
import warnings
from pathlib import Path
from types import ModuleType, SimpleNamespace

import torch
from torch import Tensor

PACKAGES = ("models", "util", "options", "data")  # the reference's own packages: names too common to keep importable


class ReferenceModel:
    """The reference's Pix2PixModel with the paper's settings."""

    def __init__(self, checkout: Path, depth: int, width: int, device: str):
        module = _import_from(checkout)
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it uses deprecated calls
            torch.manual_seed(0)
            self.model = module.Pix2PixModel(_options(width, device))
            if depth < 8:  # its options offer 256 and 128 px only; the class behind them takes any depth
                norm = module.networks.get_norm_layer("batch")
                network = module.networks.UnetGenerator(3, 3, depth, width, norm_layer=norm, use_dropout=True)
                self.model.netG = network.to(device)
                self.model.optimizer_G = torch.optim.Adam(self.model.netG.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def step(self, x: Tensor, y: Tensor) -> None:
        self.model.set_input({"A": x, "B": y, "A_paths": [""], "B_paths": [""]})
        self.model.optimize_parameters()

    def translate(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            return self.model.netG(x)


def _import_from(checkout: Path) -> ModuleType:
    if not (checkout / "models" / "pix2pix_model.py").is_file():
        raise ValueError(f"{checkout} is not the reference implementation: it has no models/pix2pix_model.py")
    sys.path.insert(0, str(checkout))
    try:
        return importlib.import_module("models.pix2pix_model")
    except ImportError as error:
        raise ValueError(f"the reference in {checkout} cannot be loaded ({error}): install what its environment.yml lists") from error
    finally:
        sys.path.remove(str(checkout))
        for name in [name for name in sys.modules if name.split(".")[0] in PACKAGES]:
            del sys.modules[name]


def _options(width: int, device: str) -> SimpleNamespace:
    """The options that the reference's pix2pix scripts set."""
    return SimpleNamespace(
        isTrain=True,
        gpu_ids=[0] if device == "cuda" else [],
        device=torch.device(device),
        checkpoints_dir="",
        name="bench",
        preprocess="none",
        input_nc=3,
        output_nc=3,
        ngf=width,
        ndf=width,
        netG="unet_256",
        netD="basic",
        n_layers_D=3,
        norm="batch",
        no_dropout=False,
        init_type="normal",
        init_gain=0.02,
        gan_mode="vanilla",
        lr=2e-4,
        beta1=0.5,
        lambda_L1=100.0,
        direction="AtoB",
        pool_size=0,
    )
