"""The systems of the five texts, compared with numbers recorded from the texts' own code.

To run that code, some things had to be added. For least_squares: the classes UNetDown and UNetUp of the text that prints the same class
GeneratorUNet, and the names in its loop (Variable, Tensor, opt, the optimizers, lambda 100). For cross_entropy: the same names, and one dot
taken out of `requires_grad_.(False)`. For annotated_reading: config, BCELoss and L1Loss, and scalers, which do nothing without a GPU.
layer_tables prints no code: its networks are those of the code that it belongs to, and its step follows its words, in layer_tables_squared
the losses of that code. linked_code is compared with the library, which tests/test_training.py compares with the reference.
"""

import json
import re

import pytest
import reference
import torch
from repository import NOTEBOOKS, ROOT
from tiny import same, weights

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.drawing.facades import SyntheticPairs
from pix2pix_edu.files import DATA
from pix2pix_edu.generator import Generator
from pix2pix_edu.objective import Objective
from pix2pix_edu.photos.folders import PhotoPairs
from pix2pix_edu.published.audit import convs_of, count_parameters, discriminator_layers, dropout_places, generator_layers
from pix2pix_edu.published.catalogue import SYSTEMS, VARIANTS, YARDSTICKS, find_system
from pix2pix_edu.published.steps import CRITIC, ON_PROBABILITIES, SQUARED, in_32_bits
from pix2pix_edu.published.texts import annotated_reading, layer_tables
from pix2pix_edu.published.texts.reflect_unet import ReflectDiscriminator
from pix2pix_edu.receptive_field import receptive_field
from pix2pix_edu.training import Batches, train, train_step

RECORD = json.loads((ROOT / "tests" / "published.json").read_text())
RECORDED = [name for name in RECORD if name != "rule"]
ALL = {**SYSTEMS, **YARDSTICKS, **VARIANTS}
X, Y = (reference.picture(f"{name}256b1", 1, 3, 256) for name in "xy")

every_system = pytest.mark.parametrize("system", ALL.values(), ids=ALL)


def fill(network, keys):
    """Load the record's weights, which are made from the text's keys, into our network in the order of both."""
    ours = network.state_dict()
    assert [list(value.shape) for value in ours.values()] == list(keys.values())
    values = [reference.weight(key, shape) for key, shape in keys.items()]
    # This record has a spread of 0.02 where reference.weight has 0.08.
    network.load_state_dict({own: value / 4 if value.dim() > 1 else value for own, value in zip(ours, values, strict=True)})
    reference.without_dropout(network)


def recorded_model(name):
    model = find_system(name).build()
    fill(model.generator, RECORD[name]["generator_keys"])
    fill(model.discriminator, RECORD[name]["discriminator_keys"])
    return model


def outputs(model):
    with torch.no_grad():
        return model.generator(X), model.discriminator(X, Y)


def deviations(model, record, when=""):
    fake, verdict = outputs(model)
    return reference.deviation(fake, record[f"G_x{when}"]), reference.deviation(verdict, record[f"D_xy{when}"])


def rounding_spread(name, draws=3):
    """The largest change of a value after a step, over a few draws, when x changes by one rounding error.

    Adam's first step is lr * sign(gradient). If a gradient is only a rounding error, its sign differs between processors.
    """
    after = []
    for draw in range(draws + 1):
        model = recorded_model(name)
        noise = torch.randn(X.shape, generator=torch.Generator().manual_seed(draw))
        find_system(name).step(model, X + (1e-7 * noise if draw else 0.0), Y, Objective())
        after.append(torch.cat([output.flatten() for output in outputs(model)]))
    return max((moved - after[0]).abs().max().item() for moved in after[1:])


@pytest.mark.parametrize("name", RECORDED)
def test_networks_and_step_of_a_text_give_the_numbers_of_its_own_code(name):
    model, record = recorded_model(name), RECORD[name]
    assert max(deviations(model, record)) < 1e-5
    losses = find_system(name).step(model, X, Y, Objective())
    assert [loss.item() for loss in losses] == pytest.approx([record["losses"][key] for key in ("D", "G", "distance")], rel=1e-5)
    if max(deviations(model, record, "_after")) >= 1e-4:  # on another processor than the record's: see rounding_spread
        for output, kept in zip(outputs(model), (record["G_x_after"], record["D_xy_after"]), strict=True):
            assert output.mean().item() == pytest.approx(kept["mean"], abs=1e-4)
            assert output.std(correction=0).item() == pytest.approx(kept["std"], abs=1e-4)
        assert max(deviations(model, record, "_after")) < 2 * rounding_spread(name)


@pytest.mark.parametrize("name", RECORDED)
def test_a_text_has_as_many_weights_as_its_own_code_and_dropout_in_the_same_places(name):
    with torch.device("meta"):
        generator, discriminator = find_system(name).generator(8, 64), find_system(name).discriminator(64)
    assert count_parameters(generator) == RECORD[name]["generator_parameters"]
    assert count_parameters(discriminator) == RECORD[name]["discriminator_parameters"]
    assert [list(sides) for sides in dropout_places(generator_layers(generator, 256))] == list(RECORD[name]["dropout"].values())


def test_apart_from_the_places_of_dropout_the_linked_code_is_the_library():
    system = find_system("linked_code")
    G, D = Generator(depth=6, width=4, dropout=0.0), PatchDiscriminator(70, width=4)
    linked = reference.without_dropout(system.generator(6, 4)), system.discriminator(4)
    for network, librarys in zip(linked, (G, D), strict=True):
        network.load_state_dict(librarys.state_dict())
    x, y = torch.rand(2, 1, 3, 64, 64)
    assert same([linked[0](x), linked[1](x, y)], [G(x), D(x, y)])
    assert system.step is train_step


@pytest.mark.parametrize(("levels", "sides"), [(8, (4, 8, 16)), (7, (4, 8)), (6, (4,)), (5, ())])
def test_the_linked_code_has_dropout_between_its_innermost_block_and_those_with_fewer_channels(levels, sides):
    generator = find_system("linked_code").generator(levels, 4)
    assert dropout_places(generator_layers(generator, 2**levels)) == ((), sides)


@pytest.mark.parametrize(("name", "patch"), [("annotated_reading", 70), ("least_squares", 94), ("paper_words", 94)])
def test_the_counted_patch_is_what_a_gradient_reaches_when_the_statistics_are_fixed(name, patch):
    torch.manual_seed(0)
    discriminator = torch.nn.Sequential(*(part for part in find_system(name).discriminator(4).layers if "Norm" not in type(part).__name__))
    for part in discriminator.modules():  # a norm inside a block becomes an affine map
        if isinstance(part, torch.nn.BatchNorm2d):
            part.eval()
    x = torch.rand(1, 6, 256, 256, requires_grad=True)
    out = discriminator(x)
    out[0, 0, out.shape[2] // 2, out.shape[3] // 2].backward()
    rows = x.grad.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    assert rows[-1] - rows[0] + 1 == patch


@pytest.mark.parametrize(("deeper", "meant", "patch"), [([512], 142, 94), ([512, 512], 286, 118)])
def test_a_stride_chosen_by_the_last_feature_spoils_a_deeper_discriminator(deeper, meant, patch):
    with torch.device("meta"):
        discriminator = ReflectDiscriminator([64, 128, 256, 512, *deeper])
    assert receptive_field(convs_of(discriminator)) == patch < meant


def test_only_the_strides_read_from_the_sizes_give_the_tables_printed_sizes():
    printed = [(64, 128), (128, 64), (256, 32), (512, 31), (1, 30)]  # rows 1, 2, 4, 6, 8: feature map and size
    for strides, fits in ((layer_tables.SIZES, True), (layer_tables.STRIDES, False)):
        with torch.device("meta"):
            layers = discriminator_layers(layer_tables.discriminator(64, strides), 256)
        shapes = [layer.shape[:2] for layer in layers if isinstance(layer.module, torch.nn.Conv2d)]
        assert (shapes == printed) is fits


@every_system
def test_every_system_learns_from_drawn_pairs_in_the_librarys_loop(system):
    model = system.build(depth=6, width=8)
    batches = Batches(SyntheticPairs(8, 64), batch_size=2)
    losses = list(train(model, batches, 40, step=system.step_on(model.device)))
    assert model.step == len(losses) == 40
    assert sum(step.l1 for step in losses[-5:]) < 0.95 * sum(step.l1 for step in losses[:5])


@every_system
def test_every_system_trains_on_pairs_from_disk_and_changes_every_weight_that_counts(system):
    def learned():
        return [weight.detach().clone() for network in (model.generator, model.discriminator) for weight in network.parameters()]

    model = system.build(depth=6, width=4)
    before, pairs = learned(), PhotoPairs(DATA / "drawn" / "train", size=64)
    assert all(value.isfinite() for step in train(model, Batches(pairs), 2, step=system.step) for value in step)
    assert all((old != new).any() for old, new in zip(before, learned(), strict=True) if old.dim() > 1)


def test_the_same_seed_builds_the_same_networks():
    one, other = (find_system("cross_entropy").build(6, 4, seed=3) for _ in range(2))
    assert torch.equal(weights(one.generator), weights(other.generator))


def test_with_two_sigmoids_ds_loss_stays_above_one_half_and_gs_in_a_narrow_range():
    real, fake = find_system("annotated_reading_sigmoid_twice").step.keywords["adversarial"]
    logits = torch.linspace(-40, 40, 401)
    g = torch.stack([real(value.sigmoid()[None]) for value in logits])
    d = torch.stack([(real(sure.sigmoid()[None]) + fake(other.sigmoid()[None])) / 2 for sure in logits[::20] for other in logits[::20]])
    assert d.min().item() == pytest.approx(0.5032, abs=1e-4)
    assert (g.min().item(), g.max().item()) == pytest.approx((0.3133, 0.6931), abs=1e-4)


def test_on_a_cpu_in_bfloat16_the_printed_step_runs():
    model = annotated_reading.SYSTEM.build(6, 4)
    x, y = SyntheticPairs(1, 64)[0]
    losses = annotated_reading.printed_step(model.device)(model, x[None], y[None], Objective())
    assert all(loss.isfinite() for loss in losses)


def test_in_32_bits_a_loss_keeps_its_precision_inside_autocast():
    verdict = torch.tensor([0.1, 0.7]).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        loss = in_32_bits(ON_PROBABILITIES).real(verdict)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(-verdict.double().log().mean().item(), rel=1e-6)


def test_the_losses_are_those_of_their_formulas():
    verdict = torch.tensor([0.25, 0.5])
    assert [loss(verdict).item() for loss in SQUARED] == pytest.approx([(0.75**2 + 0.5**2) / 2, (0.25**2 + 0.5**2) / 2])
    assert [loss(verdict).item() for loss in CRITIC] == pytest.approx([-0.375, 0.375])


def test_every_fault_names_its_place_in_the_text():
    faults = [fault for system in SYSTEMS.values() for fault in system.faults]
    assert len(faults) >= 20
    assert all(fault.what and fault.where for fault in faults)


def test_the_lesson_links_each_text_beside_its_name():
    lesson = json.loads((NOTEBOOKS / "08_published.ipynb").read_text())
    (table,) = [cell["source"] for cell in lesson["cells"] if cell["id"] == "credits"]
    linked = [re.match(r"\| `(\w+)` \|[^|]*\]\((\S+)\) \|", line) for line in table]
    assert [link.groups() for link in linked if link] == [(name, system.address) for name, system in SYSTEMS.items()]


def test_an_unknown_system_is_answered_with_the_names_of_all():
    with pytest.raises(ValueError, match="there is no system dcgan: it must be one of annotated_reading, least_squares"):
        find_system("dcgan")
