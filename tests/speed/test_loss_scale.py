import pytest
import torch
from tiny import random_pairs, small_model

from pix2pix_edu.objective import Objective
from pix2pix_edu.speed.fast_step import scaled_descend
from pix2pix_edu.speed.loss_scale import LOOK_AFTER, refuse_endless_overflow
from pix2pix_edu.training import Batches, train, train_step

BATCHES = Batches(random_pairs(), batch_size=1)


def scaled_step(scaler, broken=0):
    """A step with loss scaling. In `broken` of ten steps everything is NaN, as on a GPU with faulty 16-bit arithmetic."""
    descend = scaled_descend(scaler)

    def step(model, x, y, objective):
        return train_step(model, x * float("nan") if model.step % 10 < broken else x, y, objective, descend)

    return refuse_endless_overflow(step, scaler)


def test_a_training_that_skips_its_updates_ends_after_100_steps_with_one_sentence():
    model = small_model()
    history = train(model, BATCHES, 200, Objective(), step=scaled_step(torch.amp.GradScaler("cpu", init_scale=2.0**12), broken=10))
    with pytest.raises(ValueError, match="16-bit arithmetic gives NaN or overflows on this processor, .*: train without --fast"):
        for _ in history:
            pass
    assert model.step == LOOK_AFTER


@pytest.mark.parametrize("broken", [0, 1])
def test_a_training_that_skips_few_updates_goes_on(broken):
    model = small_model()
    step = scaled_step(torch.amp.GradScaler("cpu", init_scale=2.0**12), broken)
    assert len(list(train(model, BATCHES, LOOK_AFTER + 5, Objective(), step=step))) == LOOK_AFTER + 5
