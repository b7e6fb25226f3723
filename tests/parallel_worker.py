"""What each process does for speed/test_processes.py: python parallel_worker.py TASK FOLDER SECONDS; each writes one file of results."""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import torch
from torch import nn

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.run import loop
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.speed.fast_step import Speed, fast_step
from pix2pix_edu.speed.joint_norm import JointBatchNorm
from pix2pix_edu.speed.processes import distribute, joined, leave, shared_step
from pix2pix_edu.training import Batches, Pix2Pix, train, train_step

STEPS = 5
SETTINGS = Settings(size=32, depth=3, width=4, batch_size=2, steps=8)
LONG = Settings(size=32, depth=3, width=4, batch_size=2, steps=130)


def small_model(dropout=0.0):
    torch.manual_seed(0)
    return Pix2Pix(Generator(depth=3, width=4, dropout=dropout), PatchDiscriminator(16, width=4))


def small_batches(share):
    generator = torch.Generator().manual_seed(1)
    pairs = [tuple(torch.rand(2, 3, 40, 40, generator=generator) * 2 - 1) for _ in range(5)]
    return Batches(pairs, batch_size=4, crop=32, share=share)


def gradients(model):
    return [[weight.grad.clone() for weight in network.parameters()] for network in (model.generator, model.discriminator)]


def take_steps(share, choose=lambda model: train_step):
    """Losses, gradients and weights of a few steps. Without dropout, the number of processes must not matter."""
    model = small_model()
    step = choose(model) if share.processes == 1 else shared_step(model, 0, choose(model))
    losses, first = [], None
    for values in train(model, small_batches(share), STEPS, step=step):
        losses.append(torch.stack(values))
        first = first or gradients(model)
    state = {"generator": model.generator.state_dict(), "discriminator": model.discriminator.state_dict()}
    return {"losses": torch.stack(losses), "gradients": first, "step": model.step, **state}


def take_fast_steps(share):
    """The losses of steps in bfloat16."""
    return take_steps(share, lambda model: fast_step(model, Speed(torch.bfloat16, channels_last=True)))["losses"]


def far_from_zero(count=4):
    """A batch whose mean is a thousand times its standard deviation, with another mean in each picture."""
    generator = torch.Generator().manual_seed(2)
    return 1000.0 + torch.randn(count, 3, 8, 8, generator=generator) + torch.arange(count)[:, None, None, None]


def normalise(share):
    """A joint norm on this process's part: its output, and the gradients of the sum of all processes' losses."""
    norm, x = norm_with_weights(), far_from_zero()[share.rank :: share.processes].requires_grad_()
    output = JointBatchNorm(norm)(x)
    output.pow(3).sum().backward()
    return {"output": output.detach(), "x": x.grad, "weight": norm.weight.grad, "bias": norm.bias.grad}


def norm_with_weights():
    norm = nn.BatchNorm2d(3, track_running_stats=False)
    norm.weight.data, norm.bias.data = torch.tensor([0.5, 1.0, -2.0]), torch.tensor([0.1, 0.0, 3.0])
    return norm


def draw_noise(share):
    """The random numbers at the start of each of four steps: of a run without a stop, and of one resumed after two steps."""

    def noise_from(start):
        model, noise = small_model(), []
        model.step = start

        def noting(model, x, y, objective):
            noise.append(torch.rand(3))
            return train_step(model, x, y, objective)

        list(train(model, small_batches(share), 4, step=shared_step(model, 7, noting)))
        return torch.stack(noise)

    return {"straight": noise_from(0), "resumed": noise_from(2)}


def disagree(share):
    """The error when the processes have read different checkpoints."""
    model = small_model()
    model.step = 3 * share.rank
    try:
        shared_step(model, seed=0)
    except ValueError as error:
        return {"sentence": str(error)}


def run_and_resume(share, folder):
    """A run without a stop, one that is stopped after step 5 and resumed, and a long one to compare a killed run with."""
    straight = folder / ("straight" if share.first else "not_shared")  # shows which process writes
    for _ in loop.run(loop.resume(SETTINGS, straight, share), SETTINGS, straight, 3, share):
        pass
    part = loop.run(loop.resume(SETTINGS, folder / "stopped", share), SETTINGS, folder / "stopped", 3, share)
    for _, _ in zip(range(5), part, strict=False):
        pass
    part.close()  # the first process saves step 5
    torch.distributed.barrier()
    for _ in loop.run(loop.resume(SETTINGS, folder / "stopped", share), SETTINGS, folder / "stopped", 3, share):
        pass
    for _ in loop.run(loop.resume(LONG, folder / "long", share), LONG, folder / "long", share=share):
        pass


def everything(share, folder):
    """Write all results of this process to one file."""
    results = take_steps(share) | {task.__name__: task(share) for task in (take_fast_steps, normalise, draw_noise, disagree)}
    results["batch"] = small_batches(share)[3]
    results["buffers"] = len(list(distribute(small_model().generator).buffers()))
    torch.save(results, folder / f"{share.rank}.pt")
    run_and_resume(share, folder)


def stand_still(share):
    """The second process is suspended during a training, and the first waits for it."""
    model = small_model()
    for _ in train(model, small_batches(share), 10**6, step=shared_step(model, seed=0)):
        if model.step == 2:
            print("waiting", flush=True)
            if share.rank == 1:
                os.kill(os.getpid(), signal.SIGSTOP)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with joined(4, lambda: "goodbye", timedelta(seconds=float(sys.argv[3]))) as share:
        if sys.argv[1] == "everything":
            everything(share, Path(sys.argv[2]))
        else:
            stand_still(share)
    leave(share)
