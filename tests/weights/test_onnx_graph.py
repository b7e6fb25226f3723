import numpy as np
import onnxruntime
import pytest
import torch

from pix2pix_edu.discriminator import PatchDiscriminator
from pix2pix_edu.generator import Generator
from pix2pix_edu.successors.flow import FlowNetwork
from pix2pix_edu.weights import onnx_graph
from pix2pix_edu.weights.onnx_graph import packages, without_dropout, write_flow_onnx, write_live_onnx, write_onnx

DEPTH = 3


def live_networks(**settings):
    """A small G with dropout and a D, in the half precision of the file."""
    torch.manual_seed(0)
    G, D = Generator(depth=DEPTH, width=4), PatchDiscriminator(16, width=4, **settings)
    with torch.no_grad():
        for weight in [*G.parameters(), *D.parameters()]:
            weight.mul_(1 + torch.rand_like(weight)).add_(0.1 * torch.randn_like(weight))  # far enough from nothing to tell levels apart
    return G.half().float(), D.half().float()


def run_live(path, x, keep):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    inputs = {"x": x[None].numpy(), "keep": np.array(keep, dtype=np.float32)}
    return [torch.from_numpy(output) for output in session.run(["fake", "logits"], inputs)]


@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("keep", [[1, 1, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0], [0, 0, 1], [1, 0.5, 0]], ids=str)
def test_a_live_network_gives_the_fake_of_the_levels_that_are_kept_and_what_d_says_of_it(conditional, keep, tmp_path):
    G, D = live_networks(conditional=conditional)
    x = torch.rand(3, 32, 32) * 2 - 1
    difference = write_live_onnx(G, D, x.flip(-1), tmp_path / "live.onnx")
    fake, logits = run_live(tmp_path / "live.onnx", x, keep)
    quiet = without_dropout(G)
    with torch.no_grad():
        levels = quiet.encode(x[None])
        expected = quiet.decode([level * factor for level, factor in zip(levels, keep, strict=True)])
        whole = quiet(x[None])
        judged = D(x[None], expected)
    torch.testing.assert_close(fake, expected, rtol=0.0, atol=1e-4)
    torch.testing.assert_close(logits, judged, rtol=0.0, atol=1e-3)
    assert difference < 1e-3
    assert abs(expected - whole).max() > 0.01 or all(factor == 1 for factor in keep)  # each level matters to this G


def test_d_sees_the_drawing_in_a_live_file_only_if_it_is_conditional(tmp_path):
    x = torch.rand(3, 32, 32) * 2 - 1
    for conditional, differs in ((True, True), (False, False)):
        G, D = live_networks(conditional=conditional)
        with torch.no_grad():
            for part in (*G.down.parameters(), *G.up.parameters()):
                part.zero_()  # G's output no longer depends on x
        write_live_onnx(G, D, x, tmp_path / "live.onnx")
        (one, first), (other, second) = (run_live(tmp_path / "live.onnx", each, [1, 1, 1]) for each in (x, -x))
        assert torch.equal(one, other)
        assert torch.equal(first, second) is not differs
        (tmp_path / "live.onnx").unlink()


def test_a_flow_network_guesses_as_torch_does_for_several_mixtures_at_once(tmp_path):
    torch.manual_seed(0)
    network = FlowNetwork(depth=3, width=8)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(1 + torch.rand_like(weight)).add_(0.05 * torch.randn_like(weight))
    network = network.half().float()
    x, mixture, t = torch.rand(3, 32, 32), torch.randn(4, 3, 32, 32), torch.tensor([0.3])
    assert write_flow_onnx(network, x, tmp_path / "flow.onnx", pictures=4) < 1e-3
    session = packages()[1].InferenceSession(tmp_path / "flow.onnx", providers=["CPUExecutionProvider"])
    (fake,) = session.run(None, {"x": x[None].numpy(), "mixture": mixture.numpy(), "t": t.numpy()})
    with torch.no_grad():
        expected = network(x.expand_as(mixture), mixture, t.expand(4))
        assert abs(expected - network(x.expand_as(mixture), mixture, torch.zeros(4))).max() > 0.01
    torch.testing.assert_close(torch.from_numpy(fake), expected, rtol=0.0, atol=1e-3)


def test_the_remedy_that_a_refusal_names_helps(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_graph, "TOLERANCE", 2e-4)  # so that a small untrained network is refused
    torch.manual_seed(0)
    generator, x = Generator(depth=3, width=8), torch.rand(3, 32, 32)
    with torch.no_grad():
        for weight in generator.parameters():
            weight.mul_(20)
    with pytest.raises(ValueError, match=r"more than 0.0002: round its weights first, with network\.half\(\)\.float\(\)"):
        write_onnx(generator, x, tmp_path / "model.onnx")
    write_onnx(generator.half().float(), x, tmp_path / "model.onnx")


def test_a_live_network_that_is_refused_leaves_no_file(tmp_path):
    G, D = live_networks()
    with torch.no_grad():
        D.layers[0].weight.mul_(1e9)  # outside the range of half precision; G's weights are not
    with pytest.raises(ValueError, match="in half precision the output would differ by"):
        write_live_onnx(G, D, torch.rand(3, 32, 32), tmp_path / "live.onnx")
    assert list(tmp_path.iterdir()) == []


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
