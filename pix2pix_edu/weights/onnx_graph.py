"""Write a generator as an ONNX file, which runs without torch, for example in a browser."""

import copy
import importlib
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor, nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.files import whole_file
from pix2pix_edu.generator import Generator
from pix2pix_edu.layers import AlwaysDropout
from pix2pix_edu.successors.flow import FlowNetwork

OPSET, IR_VERSION = 17, 8  # of 2022: old enough for any runtime
TOLERANCE = 1e-3


def write_onnx(generator: Generator, x: Tensor, path: Path, half: bool = True) -> float:
    """Write G without its dropout, for one image of the shape of x. Return the largest difference between its output for x and torch's.

    The file is written when its output has been compared, whole or not at all. With `half`, its weights are in half precision.
    """
    graph = _Graph(packages()[0], half)
    graph.add("Identity", [_follow_generator(graph, generator)], name="fake")
    with torch.no_grad():
        fake = without_dropout(generator)(x[None])
    return _write(graph, {"x": x[None]}, {"fake": fake}, path)


def write_live_onnx(generator: Generator, discriminator: PatchDiscriminator, x: Tensor, path: Path) -> float:
    """The same for a network to experiment with. It also takes `keep`, a factor for each level of the encoder, and gives D's logits."""
    graph, keep = _Graph(packages()[0]), torch.ones(generator.depth)
    graph.add("Identity", [_follow_generator(graph, generator, keep="keep")], name="fake")
    both = graph.add("Concat", ["x", "fake"], axis=1) if discriminator.conditional else "fake"
    graph.add("Identity", [graph.follow(discriminator.layers, both)], name="logits")
    with torch.no_grad():
        fake = without_dropout(generator)(x[None])
        logits = discriminator(x[None], fake)
    return _write(graph, {"x": x[None], "keep": keep}, {"fake": fake, "logits": logits}, path)


def write_flow_onnx(network: FlowNetwork, x: Tensor, path: Path, pictures: int) -> float:
    """The same for a flow network: one x, several mixtures of photographs and noise, and the share t of the photographs in them all."""
    graph = _Graph(packages()[0])
    mixture, t = torch.zeros(pictures, *x.shape), torch.zeros(1)
    channels = [graph.expand(name, side) for name, side in (("x", mixture), ("t", mixture[:, :1]))]
    both = graph.add("Concat", [channels[0], "mixture", channels[1]], axis=1)
    graph.add("Identity", [_follow_generator(graph, network.unet, x=both)], name="fake")
    with torch.no_grad():
        fake = network(x.expand_as(mixture), mixture, t.expand(pictures))
    return _write(graph, {"x": x[None], "mixture": mixture, "t": t}, {"fake": fake}, path)


def _write(graph: "_Graph", inputs: dict[str, Tensor], outputs: dict[str, Tensor], path: Path) -> float:
    """Compare the graph's outputs with torch's, and write it."""
    shapes = ({name: tuple(value.shape) for name, value in end.items()} for end in (inputs, outputs))
    model = graph.model(*shapes).SerializeToString()
    session = packages()[1].InferenceSession(model, providers=["CPUExecutionProvider"])
    given = session.run(list(outputs), {name: value.numpy() for name, value in inputs.items()})
    differences = [(torch.from_numpy(one) - other).abs().max() for one, other in zip(given, outputs.values(), strict=True)]
    difference = float(torch.stack(differences).max())  # NaN if one of them is
    if not difference <= TOLERANCE:  # true for NaN as well
        where, remedy = (
            ("in half precision", "round its weights first, with network.half().float()")
            if graph.half
            else ("as ONNX", "train the network again")
        )
        raise ValueError(f"{where} the output would differ by {difference:.2g}, more than {TOLERANCE}: {remedy}")
    with whole_file(path) as file:
        file.write(model)
    return difference


def packages() -> tuple[ModuleType, ModuleType]:
    """Import onnx and onnxruntime, which only web pages and ONNX files need."""
    return _needed("onnx"), _needed("onnxruntime")


def without_dropout(generator: Generator) -> Generator:
    """A copy of the generator without dropout."""
    quiet = copy.deepcopy(generator)
    for module in quiet.modules():
        if isinstance(module, AlwaysDropout):
            module.p = 0.0
    return quiet


def _follow_generator(graph: "_Graph", generator: Generator, keep: str = "", x: str = "x") -> str:
    h, levels = x, []
    for down in generator.down:
        h = graph.follow(down, h)
        levels.append(h)
    if keep:  # after all levels, so that switching one off changes no deeper one
        factors = [graph.add("Gather", [keep, graph.add("Constant", [], value_int=number)]) for number in range(len(levels))]
        levels = [graph.add("Mul", [level, factor]) for level, factor in zip(levels, factors, strict=True)]
    *skips, h = levels
    for up, skip in zip(generator.up, reversed(skips), strict=True):
        h = graph.follow(up, h)
        if generator.skips:
            h = graph.add("Concat", [skip, h], axis=1)
    return graph.follow(generator.last, h)


class _Graph:
    """ONNX nodes in the order in which they are computed. Each value is known by the name that its node gave it."""

    def __init__(self, onnx: ModuleType, half: bool = True):
        self.onnx, self.half, self.nodes, self.weights = onnx, half, [], []

    def add(self, operator: str, inputs: list[str], name: str = "", **attributes: object) -> str:
        name = name or f"value{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, [name], **attributes))
        return name

    def weight(self, tensor: Tensor) -> str:
        name, values = f"weight{len(self.weights)}", tensor.detach().cpu().float()
        self.weights.append(self.onnx.numpy_helper.from_array((values.half() if self.half else values).numpy(), name))
        # What is stored in half precision, as the bundled weights are, is cast to single precision.
        return self.add("Cast", [name], to=self.onnx.TensorProto.FLOAT) if self.half else name

    def follow(self, module: nn.Module, h: str) -> str:
        """Append the module's nodes to the graph; return its output's name."""
        match module:
            case nn.Sequential():
                for part in module:
                    h = self.follow(part, h)
                return h
            case nn.Conv2d() | nn.ConvTranspose2d():
                operator = "Conv" if isinstance(module, nn.Conv2d) else "ConvTranspose"
                inputs = [h, *(self.weight(tensor) for tensor in (module.weight, module.bias) if tensor is not None)]
                return self.add(operator, inputs, kernel_shape=module.kernel_size, strides=module.stride, pads=2 * module.padding)
            case nn.BatchNorm2d() if not module.track_running_stats:
                # With one image, batch statistics are instance statistics.
                return self.add("InstanceNormalization", [h, self.weight(module.weight), self.weight(module.bias)], epsilon=module.eps)
            case nn.GroupNorm():
                return self.group_norm(module, h)
            case nn.LeakyReLU():
                return self.add("LeakyRelu", [h], alpha=module.negative_slope)
            case nn.ReLU():
                return self.add("Relu", [h])
            case nn.Tanh():
                return self.add("Tanh", [h])
            case AlwaysDropout():
                return h
        raise ValueError(f"{type(module).__name__} cannot be written as ONNX: add it in {__name__}")

    def group_norm(self, module: nn.GroupNorm, h: str) -> str:
        """Instance norm of the groups, each laid out as one channel; then the scale and shift of each channel."""
        groups = [self.weight(value.expand(module.num_groups)) for value in (torch.ones(1), torch.zeros(1))]
        grouped = self.add("Reshape", [h, self.add("Constant", [], value_ints=[0, module.num_groups, -1])])
        normed = self.add("InstanceNormalization", [grouped, *groups], epsilon=module.eps)
        h = self.add("Reshape", [normed, self.add("Shape", [h])])
        scale, shift = (self.weight(value[:, None, None]) for value in (module.weight, module.bias))
        return self.add("Add", [self.add("Mul", [h, scale]), shift])

    def expand(self, name: str, like: Tensor) -> str:
        """Repeat an input until it has the shape of `like`."""
        return self.add("Expand", [name, self.add("Constant", [], value_ints=list(like.shape))])

    def model(self, inputs: dict[str, tuple], outputs: dict[str, tuple]) -> object:
        helper, single = self.onnx.helper, self.onnx.TensorProto.FLOAT
        ends = [[helper.make_tensor_value_info(name, single, shape) for name, shape in end.items()] for end in (inputs, outputs)]
        graph = helper.make_graph(self.nodes, "generator", *ends, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        self.onnx.checker.check_model(model, full_check=True)
        return model


def _needed(package: str) -> ModuleType:
    try:
        return importlib.import_module(package)
    except ImportError:
        raise ValueError(f'the package {package} is missing: pip install "pix2pix-edu[page]"') from None
