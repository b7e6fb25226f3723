"""Build a network from the named weights of a file. Names, shapes and values are checked before the network takes any memory."""

import inspect
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

State = Mapping[str, Tensor]
LIMITS = {bool: (False, True), int: (1, 2**16), float: (0.0, 1.0)}
LARGEST_DEPTH = 13
PRECISIONS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def build_from(build: type[nn.Module], settings: Mapping[str, object], weights: State, names: Mapping[str, str] | None = None) -> nn.Module:
    """The network of these settings with these weights. Where the file names its weights differently, `names` gives the file's names."""
    refuse_claims(weights)
    shapes = expected_shapes(build, settings)
    names = names or {key: key for key in shapes}
    _refuse_misfit(weights, {names[key]: shape for key, shape in shapes.items()})
    with _WithoutRandomNumbers():
        network = build(**settings)
    network.load_state_dict({key: weights[name] for key, name in names.items()})
    return network


def expected_shapes(build: type[nn.Module], settings: Mapping[str, object]) -> dict[str, torch.Size]:
    """The shape of each weight of the network of these settings. The network is only described, so its size does not matter."""
    options = inspect.signature(build).parameters
    for name, value in settings.items():
        if name not in options:
            raise ValueError(f"{build.__name__} has no setting {name[:40]!r}")
        kind = type(options[name].default)
        if type(value) is not kind:
            raise ValueError(f"{name} must be of type {kind.__name__}, got one of type {type(value).__name__}")
        least, most = LIMITS[kind] if name != "depth" else (1, LARGEST_DEPTH)
        if not least <= value <= most:  # true for NaN as well
            raise ValueError(f"{name} must be from {least} to {most}")
    with torch.device("meta"), _WithoutRandomNumbers():
        return {key: value.shape for key, value in build(**settings).state_dict().items()}


def refuse_claims(weights: object) -> None:
    """Raise an error unless these are named tensors that hold every number they claim to have."""
    if not isinstance(weights, Mapping) or not all(isinstance(key, str) and isinstance(value, Tensor) for key, value in weights.items()):
        raise ValueError("a weight file must contain named tensors and nothing else: save the network's state_dict()")
    for key, value in weights.items():
        if not is_plain(value):
            raise ValueError(f"{some([key])} is sparse, nested, quantized or without values: save plain tensors")
    storages = {value.untyped_storage().data_ptr(): value.untyped_storage().nbytes() for value in weights.values()}
    if sum(value.numel() * value.element_size() for value in weights.values()) > sum(storages.values()):
        raise ValueError("the tensors claim more values than they hold: save each tensor whole, on its own")


def is_plain(value: object) -> bool:
    """Whether this is a tensor with a number in each of its places."""
    return isinstance(value, Tensor) and value.layout == torch.strided and not (value.is_nested or value.is_quantized or value.is_meta)


def some(keys: Iterable[str]) -> str:
    """The first two of the keys, short enough for a sentence, and how many more there are."""
    keys = list(keys)
    shown = [key if len(key) <= 80 and key.isprintable() else f"{ascii(key[:60])}..." for key in keys[:2]]
    return (", ".join(shown) + (f" and {len(keys) - 2} more" if len(keys) > 2 else "")) or "nothing"


def _refuse_misfit(weights: State, shapes: Mapping[str, torch.Size]) -> None:
    missing, unknown = ([key for key in one if key not in other] for one, other in ((shapes, weights), (weights, shapes)))
    if missing or unknown:
        raise ValueError(f"the weights do not fit: {some(missing)} missing, {some(unknown)} unknown")
    for key, shape in shapes.items():
        value = weights[key]
        if value.shape != shape:
            found, wanted = (" x ".join(map(str, size)) or "one number" for size in (value.shape[:8], shape))
            raise ValueError(f"the weights do not fit: {key} has the shape {found} instead of {wanted}")
        if value.dtype not in PRECISIONS:
            raise ValueError(f"the weights do not fit: {key} is of type {value.dtype} instead of float32")
        if not value.float().isfinite().all():
            raise ValueError(f"{key} holds values that are not finite, so the network cannot be used: train it again")


class _WithoutRandomNumbers(TorchFunctionMode):
    """Leave out random initial weights, which are to be replaced: torch's random numbers stay as they are, and time is saved."""

    def __torch_function__(self, function, types, arguments=(), options=None):
        skipped = function in (nn.init.normal_, nn.init.kaiming_uniform_, nn.init.uniform_, Tensor.normal_, Tensor.uniform_)
        return None if skipped else function(*arguments, **(options or {}))
