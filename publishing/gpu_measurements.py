"""What gpu_record measures in processes of their own: the times of a step, its memory and exactness, the scores of the training."""

import argparse
import json
import statistics
import subprocess
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from gpu_record import pack
from gpu_variants import BF16, DEVICE, GPU, VARIANTS, batch, build, compiled
from torch import Tensor

from pix2pix_edu.experiments.cells import CELLS, run_cell
from pix2pix_edu.images import to_image
from pix2pix_edu.objective import Objective
from pix2pix_edu.run.evaluation import as_record, score, translate_pairs
from pix2pix_edu.run.machine_log import describe
from pix2pix_edu.run.networks import open_generator
from pix2pix_edu.run.settings import open_pairs, read_settings
from pix2pix_edu.speed.cuda_graph import WARM_UP
from pix2pix_edu.speed.fast_step import fast_step, place
from pix2pix_edu.speed.reference_code import ReferenceModel
from pix2pix_edu.speed.roofline import count_costs, floor_seconds, measure_machine
from pix2pix_edu.training import Pix2Pix, Step


def milliseconds(run: Callable[[], object], count: int) -> list[float]:
    """The time of each of some calls. On a GPU from events, between the ends of two calls, so that Python may run ahead."""
    if not GPU:
        starts = [time.perf_counter()]
        for _ in range(count):
            run()
            starts.append(time.perf_counter())
        return [1e3 * (after - before) for before, after in zip(starts, starts[1:], strict=False)]
    events = [torch.cuda.Event(enable_timing=True) for _ in range(count + 1)]
    events[0].record()
    for event in events[1:]:
        run()
        event.record()
    torch.cuda.synchronize()
    return [before.elapsed_time(after) for before, after in zip(events, events[1:], strict=False)]


def measure(run: Callable[[], object], tiny: bool) -> dict[str, float]:
    """Times of one step: the first ones, in which algorithms are chosen and the graph is recorded, and then 200."""
    if GPU:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    first = milliseconds(run, WARM_UP + 1)
    milliseconds(run, 3 if tiny else 20)
    times = sorted(milliseconds(run, 5 if tiny else 200))
    tenth = len(times) // 10
    return {
        "median_ms": statistics.median(times),
        "mean_ms": statistics.mean(times),
        "tenth_ms": times[tenth],
        "ninetieth_ms": times[-1 - tenth],
        "first_ms": sum(first),
        "peak_bytes": torch.cuda.max_memory_allocated() if GPU else 0,
    }


def steps(task: argparse.Namespace) -> None:
    """Time every variant, the reference first. One that fails is noted and the next is tried."""
    x, y = batch(task.tiny)
    makers = {name: partial(variant, task.tiny, make, x, y) for name, make in VARIANTS.items()}
    if task.reference:
        makers = {"reference": partial(reference, task, x, y), **makers}
    task.record.note("steps", machine=describe(DEVICE) | {"gpu": graphics_card()})
    time_each(task, "steps", makers)
    task.record.note("steps", work=costs(task.tiny, x, y))


def time_each(task: argparse.Namespace, part: str, makers: dict[str, Callable[[], Callable[[], object]]]) -> None:
    torch.backends.cudnn.benchmark = True
    known = task.record.read().get(part, {})
    for name, make in makers.items():
        if "median_ms" in known.get(name, {}):
            continue
        try:
            found = measure(make(), task.tiny)
        except Exception as error:
            found = {"failed": f"{type(error).__name__}: {error}"[:500], "where": traceback.format_exc()[-1500:]}
        task.record.note(part, **{name: found})
        print(name, {key: value for key, value in found.items() if key != "where"}, flush=True)


def compile_step(task: argparse.Namespace) -> None:
    """Time a step whose networks are compiled. On a CPU that would need a compiler of C++."""
    if GPU:
        time_each(task, "compiled", {"bf16, graph, compiled": partial(variant, task.tiny, compiled, *batch(task.tiny))})


def graphics_card() -> str:
    """Name, driver, clocks and memory, as NVIDIA's own program states them."""
    if not GPU:
        return ""
    query = ["nvidia-smi", "--query-gpu=name,driver_version,clocks.sm,clocks.mem,memory.total", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True).stdout.strip()


def variant(tiny: bool, make: Callable[[Pix2Pix], Step], x: Tensor, y: Tensor) -> Callable[[], object]:
    model = build(tiny)
    step = make(model)
    return lambda: step(model, x, y, Objective())


def reference(task: argparse.Namespace, x: Tensor, y: Tensor) -> Callable[[], object]:
    model = ReferenceModel(task.reference, 5 if task.tiny else 8, 4 if task.tiny else 64, DEVICE.type)
    return lambda: model.step(x, y)


def costs(tiny: bool, x: Tensor, y: Tensor) -> dict[str, float]:
    """The counted work of a step in bfloat16, and the least time that it can take at the best rates of this machine."""
    run = variant(tiny, partial(fast_step, speed=BF16), x, y)
    run()
    counted = count_costs(run)
    machine = measure_machine(DEVICE.type, torch.bfloat16) if not tiny else None
    found = {"flops": sum(cost.flops for cost in counted), "bytes": sum(cost.bytes for cost in counted), "operations": len(counted)}
    if machine:
        found |= {"flops_per_second": machine.flops, "bytes_per_second": machine.bytes, "floor_ms": 1e3 * floor_seconds(counted, machine)}
    return found


def checks(task: argparse.Namespace) -> None:
    """Whether memory stays as it is over many replays, and how far recorded and 16-bit losses are from those of the plain step."""
    x, y = batch(task.tiny)
    run = variant(task.tiny, VARIANTS["bf16, graph"], x, y)
    for _ in range(WARM_UP + 2):
        run()
    before = torch.cuda.memory_allocated() if GPU else 0
    for _ in range(10 if task.tiny else 500):
        run()
    after = torch.cuda.memory_allocated() if GPU else 0
    task.record.note("checks", memory={"before": before, "after": after, "constant": before == after})
    count = 5 if task.tiny else 50
    plain = losses(task.tiny, "plain", x, y, count)
    for name in ("fp32, graph", "bf16", "bf16, graph", "bf16, graph, copies", "fp16, graph"):
        away = (losses(task.tiny, name, x, y, count) - plain).abs() / plain
        by_loss = dict(zip(("discriminator", "adversarial", "l1"), away.mean(dim=0).tolist(), strict=True))
        task.record.note("checks", **{f"{name}: mean relative difference from plain over {count} steps": by_loss})


def losses(tiny: bool, name: str, x: Tensor, y: Tensor, count: int) -> Tensor:
    model = build(tiny, dropout=0.0)
    step = VARIANTS[name](model)
    return torch.stack([torch.stack(step(model, x, y, Objective())) for _ in range(count)]).cpu()


def profile(task: argparse.Namespace) -> None:
    """The 25 operations with most of the time, in three replays and in three ordinary steps."""
    from torch.profiler import ProfilerActivity

    x, y = batch(task.tiny)
    by, file = "self_cuda_time_total" if GPU else "self_cpu_time_total", task.work / "profile.txt"
    file.unlink(missing_ok=True)
    for name in ("bf16, graph", "bf16, graph, copies", "bf16"):
        run = variant(task.tiny, VARIANTS[name], x, y)
        for _ in range(WARM_UP + 2):
            run()
        with torch.profiler.profile(activities=[ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if GPU else [])]) as seen:
            for _ in range(3):
                run()
            if GPU:
                torch.cuda.synchronize()
        with open(file, "a") as text:
            text.write(f"{name}, three steps\n{seen.key_averages().table(sort_by=by, row_limit=25, max_name_column_width=90)}\n\n")
        task.record.keep(file)


def evaluation(task: argparse.Namespace) -> None:
    """The scores of the training's newest checkpoint on pairs that it has not seen, and its fakes as JPEG."""
    folder = task.work / "facades"
    settings, begun = read_settings(folder), time.perf_counter()
    generator = place(open_generator(folder))
    torch.manual_seed(0)
    fakes, ys = translate_pairs(generator, open_pairs(settings, "val"), 4 if task.tiny else 100)
    translated = time.perf_counter()
    files = []
    for number, fake in enumerate(fakes):
        files.append(task.work / f"fake_{number:03d}.jpg")
        to_image(fake).save(files[-1], quality=90)
    pack(task, "fakes.zip", files)
    task.record.note("evaluation", translation_seconds=translated - begun, scores=as_record(score(fakes, ys), None, len(ys)))
    task.record.note("evaluation", scoring_seconds=time.perf_counter() - translated)


def grid(task: argparse.Namespace) -> None:
    """Cells of the paper's tables at 128 px."""
    for name, settings in CELLS.items():
        folder = task.work / "grid" / name
        settings = replace(settings, size=32, width=4, steps=20) if task.tiny else replace(settings, size=128, depth=7)
        if not (folder / "record.json").exists():
            for _ in run_cell(settings, folder):
                pass
        task.record.note("grid", **{name: list(json.loads((folder / "scores.json").read_text()).values())[-1]})
        if task.tiny:
            return


MEASUREMENTS = {"steps": steps, "checks": checks, "profile": profile, "evaluation": evaluation} | {"compiled": compile_step, "grid": grid}
