"""Several processes, one training: each works on its share of every batch, and all take the same step."""

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

PATIENCE = timedelta(minutes=5)  # a process for which others have waited so long counts as ended


class Share(NamedTuple):
    """Which process this is, of how many: of every batch it takes the pairs rank, rank + processes, ..."""

    rank: int = 0
    processes: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes the files and speaks to you: one has to, and no more than one may."""
        return self.rank == 0


ALONE = Share()


@contextlib.contextmanager
def joined(batch_size: int, farewell: Callable[[], str], patience: timedelta = PATIENCE) -> Iterator[Share]:
    """This process's share in the training that torchrun started, all of it without torchrun; `farewell` says how to go on after an end."""
    share = Share(int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))
    if batch_size % share.processes:
        raise ValueError(f"batch size must be a multiple of {share.processes}, the processes that share it, got {batch_size}")
    if share.processes == 1:
        yield share
        return
    try:
        with _heeding_sigterm(farewell):
            gpu = _take_gpu()
            dist.init_process_group("nccl" if gpu else "gloo", timeout=patience, device_id=gpu)
            yield share
            dist.barrier()  # the first may still be writing
            dist.destroy_process_group()
    except RuntimeError as error:
        if isinstance(error, dist.DistError) or "gloo" in str(error):  # gloo's errors have no type of their own
            _take_leave(farewell, str(error).splitlines()[0].rpartition("] ")[2])  # without the place in gloo's source
        raise


def leave(share: Share) -> None:
    """The end of a process that has done its share; alone, nothing happens."""
    if share.processes > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # gloo's threads outlive their group: were one at work while Python ends, the process would abort


def _take_leave(farewell: Callable[[], str], seen: str) -> None:
    """End at once, saying what was seen: the tidy way would wait for the processes that are gone."""
    print(f"\n{farewell()} (seen here: {seen})", file=sys.stderr, flush=True)
    os._exit(1)


@contextlib.contextmanager
def _heeding_sigterm(farewell: Callable[[], str]) -> Iterator[None]:
    """Take leave when torchrun says that another process has ended."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def wait() -> None:
        while os.read(reader, 1)[0] != signal.SIGTERM:
            pass
        _take_leave(farewell, "torchrun asked to stop")

    # In a thread, because the main one may be waiting for the very process that has ended, and then it hears nothing.
    threading.Thread(target=wait, daemon=True).start()
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it would cut off the last words


def _take_gpu() -> torch.device | None:
    """Make this process's own GPU, where the machine has any, the one that "cuda" means."""
    if not torch.cuda.is_available():
        return None
    index, count = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if index >= count:
        raise ValueError(f"each process needs a GPU of its own, and this machine has {count}: start torchrun with --nproc-per-node={count}")
    torch.cuda.set_device(index)
    return torch.device("cuda", index)


def shared_step(model: Pix2Pix, seed: int, step: Step = train_step) -> Step:
    """`step`, taken by all processes together: each on its share of the batch, each with the gradients of the whole batch."""
    steps = gathered(torch.tensor([model.step], device=model.device)).flatten().tolist()
    if len(set(steps)) > 1:
        raise ValueError(f"the processes stand at different steps, {steps}: keep the run in a folder that all machines share")
    shared = copy.copy(model)
    # A gradient is averaged where it reaches a weight. G's loss reaches no weight of D (training.descend): D's third call does no harm.
    shared.generator, shared.discriminator = distribute(model.generator), distribute(model.discriminator)

    def take(model: Pix2Pix, x: Tensor, y: Tensor, objective: Objective) -> Losses:
        # Every process draws its own noise, and after a stop the same again.
        torch.manual_seed(int(np.random.default_rng([seed, 2, model.step, dist.get_rank()]).integers(2**63)))
        shared.step = model.step
        losses = step(shared, x, y, objective)
        model.step = shared.step
        return Losses(*gathered(torch.stack(losses)).mean(dim=0))

    return take


def distribute(network: nn.Module) -> DistributedDataParallel:
    """A twin of the network with the very same weights, whose statistics and gradients are those of all processes together."""
    twin = copy.deepcopy(network, memo={id(weight): weight for weight in network.parameters()})
    for module in list(twin.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, JointBatchNorm(child))
    return DistributedDataParallel(twin)
