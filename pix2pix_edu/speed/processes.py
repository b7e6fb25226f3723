"""Training with several processes (torchrun): each works on its share of every batch, and all take the same step."""

import contextlib
import copy
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from pix2pix_edu.objective import Objective
from pix2pix_edu.speed.joint_norm import JointBatchNorm, gathered
from pix2pix_edu.training import Losses, Pix2Pix, Step, train_step

PATIENCE = timedelta(minutes=5)  # how long to wait for a silent process before giving up


class Share(NamedTuple):
    """The rank of this process and the number of processes. It takes pairs rank, rank + processes, ... of every batch."""

    rank: int = 0
    processes: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and prints."""
        return self.rank == 0


ALONE = Share()


@contextlib.contextmanager
def joined(batch_size: int, goodbye: Callable[[], str], patience: timedelta = PATIENCE) -> Iterator[Share]:
    """Join torchrun's training and yield this process's share (everything, when alone).

    `goodbye` returns the message to print when another process dies.
    """
    try:
        share = Share(int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))
    except ValueError:
        share = Share(0, 0)
    if not 0 <= share.rank < share.processes:
        raise ValueError("RANK and WORLD_SIZE are torchrun's, and hold no place among processes: start with torchrun, or remove both")
    if batch_size % share.processes:
        raise ValueError(f"batch size must be a multiple of the {share.processes} processes that share it, got {batch_size}")
    if share.processes == 1:
        yield share
        return
    try:
        with _end_on_sigterm(goodbye):
            gpu = _take_gpu()
            dist.init_process_group("nccl" if gpu else "gloo", timeout=patience, device_id=gpu)
            yield share
            dist.barrier()  # the first process may still be writing
            dist.destroy_process_group()
    except RuntimeError as error:
        if isinstance(error, dist.DistError) or "gloo" in str(error):  # gloo raises plain RuntimeErrors
            _end(goodbye, str(error).splitlines()[0].rpartition("] ")[2])  # without the line number in gloo's source
        raise


def leave(share: Share) -> None:
    """End this process after its last step; when alone, do nothing."""
    if share.processes > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # gloo's threads outlive their group: one at work while Python exits would abort the process


def _end(goodbye: Callable[[], str], seen: str) -> None:
    """Print the message and the error seen here, and end at once: an orderly exit would wait for the processes that are gone."""
    print(f"\n{goodbye()} (seen here: {seen})", file=sys.stderr, flush=True)
    os._exit(1)


@contextlib.contextmanager
def _end_on_sigterm(goodbye: Callable[[], str]) -> Iterator[None]:
    """End with the message when torchrun sends SIGTERM, which it does when another process has died."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def wait() -> None:
        while os.read(reader, 1)[0] != signal.SIGTERM:
            pass
        # No checkpoint is saved here: the main thread is within a step, in which D may have been updated and G not, and if another
        # process has died it never ends that step. A run that resumed from such a state would not be the same run.
        _end(goodbye, "torchrun asked to stop")

    # In a thread: the main thread may be inside gloo, waiting for the process that died, where no signal handler runs.
    threading.Thread(target=wait, daemon=True).start()
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it would cut off the message


def _take_gpu() -> torch.device | None:
    """Make "cuda" mean this process's own GPU, if the machine has any."""
    if not torch.cuda.is_available():
        return None
    index, count = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if index >= count:
        raise ValueError(f"each process needs a GPU of its own, and this machine has {count}: start torchrun with --nproc-per-node={count}")
    torch.cuda.set_device(index)
    return torch.device("cuda", index)


def shared_step(model: Pix2Pix, seed: int, step: Step = train_step) -> Step:
    """A step that all processes take together: each with its share of the batch, all with the gradients of the whole batch."""
    steps = gathered(torch.tensor([model.step], device=model.device)).flatten().tolist()
    if len(set(steps)) > 1:
        raise ValueError(f"the processes are at different steps, {steps}: keep the run in a folder that all machines share")
    shared = copy.copy(model)
    # Gradients are averaged as they reach the weights. G's loss reaches no weight of D (training.descend), so D's third call is harmless.
    shared.generator, shared.discriminator = distribute(model.generator), distribute(model.discriminator)

    def take(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        # Each process has its own dropout noise, and after a stop the same noise again.
        torch.manual_seed(int(np.random.default_rng([seed, 2, model.step, dist.get_rank()]).integers(2**63)))
        shared.step = model.step
        losses = step(shared, x, y, objective)
        model.step = shared.step
        return Losses(*gathered(torch.stack(losses)).mean(dim=0))

    return take


def distribute(network: nn.Module) -> DistributedDataParallel:
    """A copy that shares the network's weights; its batch statistics and gradients are those of all processes together."""
    twin = copy.deepcopy(network, memo={id(weight): weight for weight in network.parameters()})
    for module in list(twin.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, JointBatchNorm(child))
    return DistributedDataParallel(twin)
