import pytest
import torch

from pix2pix_edu.generator import Generator
from pix2pix_edu.weights.onnx_graph import write_onnx


def test_a_network_that_is_refused_leaves_an_earlier_file_as_it_was(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"earlier")
    generator = Generator(depth=3, width=4)
    with torch.no_grad():
        generator.down[0][0].weight.mul_(1e9)  # outside the range of half precision
    with pytest.raises(ValueError, match="in half precision the output would differ by"):
        write_onnx(generator, torch.rand(3, 32, 32), tmp_path / "model.onnx")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("model.onnx", b"earlier")]


def test_a_full_disk_leaves_an_earlier_file_as_it_was(tmp_path):
    resource = pytest.importorskip("resource")
    (tmp_path / "model.onnx").write_bytes(b"earlier")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # the largest file, in bytes, that can be written
    try:
        with pytest.raises(OSError, match="File too large"):
            write_onnx(Generator(depth=3, width=4), torch.rand(3, 32, 32), tmp_path / "model.onnx")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("model.onnx", b"earlier")]
