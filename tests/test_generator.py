import pytest
import torch
from tiny import parameters

from pix2pix_edu.generator import Generator, largest_depth


def test_it_has_as_many_parameters_as_the_reference():
    assert parameters(Generator()) == 54_413_955
    assert parameters(Generator(depth=7)) == 41_828_995


@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize("depth", range(1, 8))
def test_any_depth_keeps_the_size_of_the_picture_with_skips_or_without(depth, skips):
    side = 2**depth
    fake = Generator(depth=depth, width=4, skips=skips)(torch.randn(2, 3, side, 2 * side))
    assert fake.shape == (2, 3, side, 2 * side)


def test_rectangles_are_translated_too():
    assert Generator(depth=4, width=4)(torch.randn(1, 3, 48, 80)).shape == (1, 3, 48, 80)


def test_channels_may_differ_between_input_and_output():
    generator = Generator(in_channels=12, out_channels=1, depth=3, width=4)
    assert (generator.in_channels, generator.out_channels) == (12, 1)
    assert generator(torch.randn(1, 12, 16, 16)).shape == (1, 1, 16, 16)


def test_the_output_lies_between_minus_one_and_one():
    fake = Generator(depth=3, width=4)(torch.randn(4, 3, 32, 32) * 100)
    assert fake.abs().max() <= 1


@pytest.mark.parametrize(
    ("sides", "words"), [((200, 256), "resize to 256 x 256"), ((100, 300), "resize to 256 x 256"), ((256, 700), "resize to 256 x 768")]
)
def test_a_size_that_cannot_be_halved_so_often_is_refused_with_one_that_can(sides, words):
    with pytest.raises(ValueError, match=words):
        Generator(width=4)(torch.randn(1, 3, *sides))


def test_a_depth_of_zero_is_refused():
    with pytest.raises(ValueError, match="depth must be at least 1, got 0"):
        Generator(depth=0)


def test_dropout_is_noise_in_training_and_after_it():
    generator, x = Generator(depth=4, width=4).eval(), torch.randn(1, 3, 32, 32)
    assert not torch.equal(generator(x), generator(x))


def test_a_seed_fixes_the_noise():
    generator, x = Generator(depth=4, width=4), torch.randn(1, 3, 32, 32)
    torch.manual_seed(3)
    first = generator(x)
    torch.manual_seed(3)
    assert torch.equal(generator(x), first)


def test_train_and_eval_mode_give_the_same_picture():
    generator, x = Generator(depth=4, width=4, dropout=0.0), torch.randn(2, 3, 32, 32)
    trained = generator.train()(x)
    assert torch.equal(generator.eval()(x), trained)


def test_dropout_sits_on_the_decoder_outputs_of_side_2_4_and_8():
    generator, sides = Generator(width=4), []
    for up in generator.up:
        up.register_forward_hook(lambda block, _, h: sides.append((h.shape[-1], type(block[-1]).__name__)))
    generator(torch.randn(1, 3, 256, 256))
    assert [side for side, last in sides if last == "AlwaysDropout"] == [2, 4, 8]
    assert len(sides) == 7


def test_decoding_what_was_encoded_is_the_forward_pass():
    generator, x = Generator(depth=4, width=4, dropout=0.0), torch.randn(1, 3, 32, 32)
    levels = generator.encode(x)
    assert [level.shape[-1] for level in levels] == [16, 8, 4, 2]
    assert torch.equal(generator.decode(levels), generator(x))


def test_without_skips_only_the_bottleneck_reaches_the_output():
    generator, x = Generator(depth=3, width=4, skips=False, dropout=0.0), torch.randn(1, 3, 32, 32)
    *skips, bottleneck = generator.encode(x)
    assert torch.equal(generator.decode([*map(torch.zeros_like, skips), bottleneck]), generator(x))


def test_with_skips_every_level_reaches_the_output():
    generator, x = Generator(depth=4, width=4, dropout=0.0), torch.randn(1, 3, 32, 32)
    levels = generator.encode(x)
    for muted in range(4):
        heard = [torch.zeros_like(level) if i == muted else level for i, level in enumerate(levels)]
        assert not torch.equal(generator.decode(heard), generator(x))


def test_weights_start_as_in_the_paper():
    torch.manual_seed(0)
    state = Generator(depth=5, width=32).state_dict()
    convs = torch.cat([value.flatten() for value in state.values() if value.dim() == 4])
    scales = torch.cat([value for key, value in state.items() if value.dim() == 1 and key.endswith("weight")])
    assert convs.mean().item() == pytest.approx(0.0, abs=1e-3)
    assert convs.std().item() == pytest.approx(0.02, rel=0.01)
    assert scales.mean().item() == pytest.approx(1.0, abs=3e-3)
    assert scales.std().item() == pytest.approx(0.02, rel=0.2)
    assert all((value == 0).all() for key, value in state.items() if key.endswith("bias"))


@pytest.mark.parametrize(("size", "depth"), [(256, 8), (1024, 8), (96, 5), (64, 6), (2, 1), (1, 0), (143, 0)])
def test_the_largest_depth_halves_the_side_as_often_as_it_can_and_at_most_eight_times(size, depth):
    assert largest_depth(size) == depth


def test_decoding_needs_one_skip_for_each_level():
    generator = Generator(depth=3, width=2)
    levels = generator.encode(torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="zip"):
        generator.decode(levels[1:])


def test_without_arguments_it_translates_three_channels_to_three_with_half_of_the_values_dropped():
    generator = Generator(depth=3, width=2)
    assert generator(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 8, 8)
    assert {module.p for module in generator.modules() if isinstance(module, torch.nn.Dropout)} == {0.5}
