import pytest
import torch
from torch import nn

from pix2pix_edu.speed.bench import Timing, prepare, report, time_in_turns
from pix2pix_edu.speed.reference_code import ReferenceModel
from pix2pix_edu.speed.roofline import Cost, Machine, count_costs, floor_seconds, measure_machine
from pix2pix_edu.training import paper_adam


def test_the_counted_arithmetic_of_one_convolution_is_that_of_the_hand_count():
    conv, picture = nn.Conv2d(3, 8, 4, 2, 1), torch.zeros(1, 3, 32, 32)
    assert sum(cost.flops for cost in count_costs(lambda: conv(picture))) == 2 * 8 * 3 * 4 * 4 * 16 * 16


def test_the_counted_bytes_of_one_convolution_are_what_it_reads_and_writes():
    conv, picture = nn.Conv2d(3, 8, 4, 2, 1), torch.zeros(1, 3, 32, 32)
    with torch.no_grad():
        assert sum(cost.bytes for cost in count_costs(lambda: conv(picture))) == 4 * (3 * 32 * 32 + 8 * 3 * 16 + 8 + 8 * 16 * 16)


def test_an_operation_in_place_reads_and_writes_and_a_view_costs_nothing():
    numbers = torch.zeros(100)
    assert sum(cost.bytes for cost in count_costs(lambda: numbers.add_(1.0))) == 2 * 400
    assert count_costs(lambda: numbers.view(10, 10)) == []


def test_a_step_of_adam_reads_four_tensors_and_writes_all_but_the_gradients():
    layer = nn.Linear(256, 256)
    adam = paper_adam(layer, 1e-3)
    layer(torch.rand(1, 256)).sum().backward()
    adam.step()  # the first also makes its memories
    weights = sum(weight.nbytes for weight in layer.parameters())
    counters = 2 * 4  # of its steps, one for each tensor: read and written, and read once more
    assert sum(cost.bytes for cost in count_costs(adam.step)) == 7 * weights + 3 * counters


def test_the_arithmetic_of_backward_is_twice_that_of_forward():
    weight, picture = torch.rand(64, 64, requires_grad=True), torch.rand(32, 64, requires_grad=True)
    forward = sum(cost.flops for cost in count_costs(lambda: picture @ weight))
    both = sum(cost.flops for cost in count_costs(lambda: (picture @ weight).sum().backward()))
    assert both == 3 * forward == 3 * 2 * 32 * 64 * 64


def test_the_floor_of_an_operation_is_the_longer_of_arithmetic_and_memory():
    machine = Machine(flops=100.0, bytes=10.0)
    assert floor_seconds([Cost(flops=200, bytes=1)], machine) == 2.0
    assert floor_seconds([Cost(flops=200, bytes=50), Cost(flops=0, bytes=10)], machine) == 6.0


def test_nothing_beats_the_floor_by_far():
    """Where it did, the count or the machine's peak would be wrong."""
    machine = measure_machine("cpu")
    assert 1e9 < machine.flops < 1e15
    assert 1e8 < machine.bytes < 1e13
    for timing in time_in_turns(prepare(64, 16, 1, "cpu"), 3, "cpu"):
        assert timing.floor < 2 * timing.seconds, timing.name


def test_the_report_compares_with_the_reference_where_it_ran_along():
    timings = [Timing("step", 1.0, 0.5, 10**9, 10**9), Timing("fast step", 0.5, 0.25, 10**9, 10**9), Timing("translation", 0.1, 0.1, 1, 1)]
    assert "2.00x" in report(timings).splitlines()[2]
    beside = [*timings, Timing("reference step", 2.0, 0.5, 10**9, 10**9), Timing("reference translation", 0.1, 0.1, 1, 1)]
    assert "4.00x" in report(beside).splitlines()[2]
    assert "compared with the reference" in report(beside)


def test_a_folder_that_is_no_checkout_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="no models/pix2pix_model.py"):
        ReferenceModel(tmp_path, 5, 8, "cpu")


def test_a_checkout_that_cannot_be_loaded_says_what_is_missing(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "pix2pix_model.py").write_text("import a_package_that_nobody_has\n")
    with pytest.raises(ValueError, match="a_package_that_nobody_has"):
        ReferenceModel(tmp_path, 5, 8, "cpu")
