import pytest
import torch
from tiny import random_pairs, small_model
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pix2pix_edu.objective import Objective
from pix2pix_edu.speed.fast_step import lay_out
from pix2pix_edu.speed.matrix_convs import use_matrices
from pix2pix_edu.speed.one_pass import train_step_in_one_pass, use_halves
from pix2pix_edu.speed.shadows import Shadows
from pix2pix_edu.training import Batches, descend, train, train_step

BATCHES = Batches(random_pairs(), batch_size=2)


def autocast(precision):
    return torch.autocast("cpu", precision, cache_enabled=False)


def cast_step(precision, take=train_step):
    def step(model, x, y, objective):
        with autocast(precision):
            return take(model, x, y, objective)

    return step


def shadowed_step(model, precision, take=train_step):
    shadows = Shadows(model, precision)
    descending = shadows.refreshing(descend, model)

    def step(model, x, y, objective):
        with autocast(precision), shadows:
            return take(model, x, y, objective, descending)

    return step


def model(change=""):
    made = small_model(depth=4, width=4, lr=2e-3)
    if change == "channels last":
        lay_out(made, torch.channels_last)
    elif change == "matrices":
        use_matrices(made.generator)
    elif change == "one pass":
        use_halves(made.discriminator)
    return made


def history(trained, step, until=20):
    torch.manual_seed(0)
    rows = []
    for losses in train(trained, BATCHES, until, step=step):
        networks = (trained.generator, trained.discriminator)
        gradients = [weight.grad.clone() for network in networks for weight in network.parameters()]
        rows.append((torch.stack(losses), gradients, [weight.detach().clone() for n in networks for weight in n.parameters()]))
    return rows


@pytest.mark.parametrize("change", ["", "channels last", "matrices", "one pass"])
def test_losses_gradients_and_weights_of_20_steps_are_bit_for_bit_those_of_autocast(change):
    plain, shadowed = model(change), model(change)
    take = train_step_in_one_pass if change == "one pass" else train_step
    expected = history(plain, cast_step(torch.bfloat16, take))
    found = history(shadowed, shadowed_step(shadowed, torch.bfloat16, take))
    for one, other in zip(tree_leaves(found), tree_leaves(expected), strict=True):
        assert torch.equal(one, other)


class Casts(TorchDispatchMode):
    """Count the copies of weights to 16 bits, and the operations that make all copies at once."""

    def __init__(self, weights):
        super().__init__()
        self.addresses, self.single, self.joint = {weight.data_ptr() for weight in weights}, 0, 0

    def __torch_dispatch__(self, operation, types, arguments=(), settings=None):
        if operation is torch.ops.aten._to_copy.default:
            self.single += arguments[0].data_ptr() in self.addresses
        self.joint += operation is torch.ops.aten._foreach_copy_.default
        return operation(*arguments, **(settings or {}))


def test_two_operations_a_step_make_all_copies():
    plain, shadowed = model(), model()
    counts = []
    for trained, step in ((plain, cast_step(torch.bfloat16)), (shadowed, shadowed_step(shadowed, torch.bfloat16))):
        with Casts([*trained.generator.parameters(), *trained.discriminator.parameters()]) as casts:
            step(trained, *BATCHES[0], Objective())
        counts.append((casts.single, casts.joint))
    convolutions, discriminator = 8 + 1, 3 + 1  # of a generator of depth 4 with one bias, and of a 16 px discriminator with its biases
    assert counts[0][0] >= convolutions + 3 * discriminator
    assert counts[1] == (0, 2)


def test_weights_that_were_changed_between_two_steps_are_used():
    shadowed, other = model(), model()
    step = shadowed_step(shadowed, torch.bfloat16)
    history(shadowed, step, 2)
    shadowed.generator.load_state_dict(other.generator.state_dict())
    shadowed.discriminator.load_state_dict(other.discriminator.state_dict())
    torch.manual_seed(1)
    found = step(shadowed, *BATCHES[0], Objective())
    torch.manual_seed(1)
    expected = cast_step(torch.bfloat16)(other, *BATCHES[0], Objective())
    assert (found.discriminator, found.l1) == (expected.discriminator, expected.l1)  # the third loss depends on the state of Adam


def test_outside_a_step_the_networks_calculate_in_32_bits():
    shadowed, plain = model(), model()
    history(shadowed, shadowed_step(shadowed, torch.bfloat16), 3)
    plain.generator.load_state_dict(shadowed.generator.state_dict())
    pictures = []
    for network in (shadowed.generator, plain.generator):
        torch.manual_seed(2)
        pictures.append(network(BATCHES[0][0]))
    assert torch.equal(*pictures)
