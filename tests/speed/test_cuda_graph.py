"""The bookkeeping of a recorded step, with a fake graph. See fake_graph for what that proves; tests/cuda has the rest."""

import fake_graph
import pytest
import torch
from tiny import random_pairs, small_model, weights

from pix2pix_edu.objective import Objective
from pix2pix_edu.run import checkpoint
from pix2pix_edu.speed.cuda_graph import WARM_UP, RecordedStep
from pix2pix_edu.speed.fast_step import lay_out, scaled_descend
from pix2pix_edu.training import Batches, linear_decay, train, train_step

BATCHES = Batches(random_pairs(), batch_size=2)


@pytest.fixture
def fake(monkeypatch):
    return fake_graph.install(monkeypatch)


def model(seed=0, dropout=0.0):
    return small_model(seed, dropout=dropout)


def groups(model):
    return [*model.generator_optimizer.param_groups, *model.discriminator_optimizer.param_groups]


def plain_model(dropout=0.0):
    """A model whose learning rate is rounded to 32 bits, as a recorded step has it."""
    plain = model(dropout=dropout)
    for group in groups(plain):
        group["lr"] = torch.tensor(group["lr"])
    return plain


def history(trained, until, step=train_step):
    schedule = linear_decay(4, 12)
    return torch.tensor([[value.item() for value in losses] for losses in train(trained, BATCHES, until, schedule=schedule, step=step)])


def test_replays_have_the_losses_and_weights_of_ordinary_steps_with_a_falling_rate(fake):
    plain, recorded = plain_model(), model()
    expected = history(plain, 10)
    found = history(recorded, 10, RecordedStep(recorded, train_step))
    assert torch.equal(found, expected)
    assert torch.equal(weights(recorded.generator), weights(plain.generator))
    assert fake.graphs[0].replays == 10 - WARM_UP
    assert recorded.step == 10


def test_every_replay_draws_new_dropout_noise(fake):
    recorded = model(dropout=0.5)
    for group in groups(recorded):
        group["lr"] = 0.0
    step = RecordedStep(recorded, train_step)
    l1 = [step(recorded, *BATCHES[0], Objective()).l1.item() for _ in range(10)]
    assert len(set(l1)) == 10


def test_losses_that_were_returned_are_not_changed_by_later_replays(fake):
    recorded = model()
    step = RecordedStep(recorded, train_step)
    kept = list(train(recorded, BATCHES, 10, step=step))
    assert len({losses.l1.item() for losses in kept}) == 10


def test_the_ordinary_steps_and_the_recording_share_one_stream(fake):
    recorded = model()
    used = []

    def noting(*arguments):
        used.append(fake.current)
        return train_step(*arguments)

    history(recorded, 6, RecordedStep(recorded, noting))
    assert len(fake.streams) == 1
    assert used == fake.streams * (WARM_UP + 1)


def test_the_batches_have_the_memory_layout_of_the_weights(fake):
    recorded = model()
    lay_out(recorded, torch.channels_last)
    step = RecordedStep(recorded, train_step)
    history(recorded, 1, step)
    assert step.x.is_contiguous(memory_format=torch.channels_last)
    history(plain := model(), 1, step := RecordedStep(plain, train_step))
    assert step.x.is_contiguous()


def test_ordinary_steps_are_not_capturable_of_which_torch_would_warn(fake):
    recorded = model()
    history(recorded, WARM_UP, step := RecordedStep(recorded, train_step))
    assert [group["capturable"] for group in groups(recorded)] == [False, False]
    history(recorded, WARM_UP + 1, step)
    assert [group["capturable"] for group in groups(recorded)] == [True, True]


@pytest.mark.parametrize("change", ["layout", "state", "rate"])
def test_a_model_whose_tensors_have_moved_is_refused(fake, change, tmp_path):
    recorded = model()
    history(recorded, 6, step := RecordedStep(recorded, train_step))
    if change == "layout":
        recorded.generator.to(memory_format=torch.channels_last)  # the Parameter objects stay, their memory does not
    elif change == "state":
        checkpoint.save(recorded, tmp_path / "checkpoint.pt")
        checkpoint.load(recorded, tmp_path / "checkpoint.pt")
    else:
        recorded.generator_optimizer.param_groups[0]["lr"] = torch.tensor(1e-3)
    with pytest.raises(ValueError, match="make a new RecordedStep"):
        step(recorded, *BATCHES[0], Objective())


@pytest.mark.parametrize("calls", [1, 6])
def test_another_objective_or_shape_is_refused(fake, calls):
    recorded = model()
    history(recorded, calls, step := RecordedStep(recorded, train_step))
    with pytest.raises(ValueError, match="make a new RecordedStep"):
        step(recorded, *BATCHES[0], Objective(l1_weight=1.0))
    with pytest.raises(ValueError, match="batches of \\(2, 3, 32, 32\\)"):
        step(recorded, *(side[:1] for side in BATCHES[0]), Objective())
    assert recorded.step == calls


def test_a_step_that_cannot_be_recorded_goes_on_without_and_says_so_once(monkeypatch):
    seen = fake_graph.install(monkeypatch, failure="would depend on uncaptured work\nmore")
    plain, failed = plain_model(dropout=0.5), model(dropout=0.5)
    torch.manual_seed(7)
    expected = history(plain, 10)
    torch.manual_seed(7)
    with pytest.warns(UserWarning, match=r"^the step could not be recorded .*\(would depend on uncaptured work\), so it goes on") as warned:
        found = history(failed, 10, RecordedStep(failed, train_step))
    assert len(warned) == 1
    assert torch.equal(found, expected)
    assert failed.step == 10
    assert seen.current == "main"
    assert seen.graphs[0].replays == 0
    assert not any(group["capturable"] for group in groups(failed))


def test_a_step_that_reads_a_value_cannot_be_recorded(fake):
    """This is what the fake refuses, so that a step which passes reads no value."""
    recorded = model()

    def reading(model, x, y, objective):
        losses = train_step(model, x, y, objective)
        losses.l1.item()
        return losses

    with pytest.warns(UserWarning, match="not permitted when stream is capturing"):
        history(recorded, 5, RecordedStep(recorded, reading))


def test_a_step_with_loss_scaling_reads_no_value_and_skips_a_replay_whose_gradient_overflows(fake):
    """Fused Adam takes GradScaler's scale and found_inf as tensors, so the step can be recorded."""
    plain, recorded = plain_model(), model()
    steps = []
    for _ in range(2):
        descend = scaled_descend(torch.amp.GradScaler("cpu", init_scale=2.0**12))
        steps.append(lambda *arguments, descend=descend: train_step(*arguments, descend))
    assert torch.equal(history(recorded, 8, step := RecordedStep(recorded, steps[1])), history(plain, 8, steps[0]))
    before = weights(recorded.generator)
    step(recorded, *(side * float("inf") for side in BATCHES[0]), Objective())
    assert torch.equal(weights(recorded.generator), before)
    step(recorded, *BATCHES[0], Objective())
    assert not torch.equal(weights(recorded.generator), before)
    assert weights(recorded.generator).isfinite().all()
