import numpy as np
import pytest
import torch

from pix2pix_edu.classroom import play
from pix2pix_edu.drawing.classes import label_ids
from pix2pix_edu.drawing.facades import draw_pair
from pix2pix_edu.experiments.gallery import GALLERY
from pix2pix_edu.images import to_tensor
from pix2pix_edu.play import data
from pix2pix_edu.weights.bundled import load_pretrained
from pix2pix_edu.weights.onnx_graph import without_dropout

FIGURES = {name: getattr(play, name) for name in data.FIGURES}


@pytest.fixture
def skips(monkeypatch):
    """The figure of the skips, with a list of what it sends to the browser."""
    figure = play.skips()
    sent = []
    monkeypatch.setattr(figure, "send", lambda content, buffers=(): sent.append((content, buffers)))
    return figure, sent


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_its_module_its_look_its_data_and_its_state(name):
    figure = FIGURES[name](size=128)
    assert f"renderWith(create{name.capitalize()})" in figure._esm
    assert f"function create{name.capitalize()}(" in figure._esm
    assert ".play-controls" in figure._css
    assert figure.state == {"size": 128}
    assert figure._repr_mimebundle_()[0]["text/plain"].startswith("A figure to push")


def test_the_training_in_the_browser_has_the_source_of_its_worker():
    source = play.learning().data["source"]
    assert "globalThis.onmessage" in source
    assert "function trainStep(" in source


def test_the_kernel_translates_a_drawing_with_each_network_that_is_named(skips):
    figure, sent = skips
    label_map, _ = draw_pair(12, 64)
    x = to_tensor(label_map)[None]
    names = ["houses_64", "houses_64_patch_70"]
    text = data.as_text(label_ids(label_map))
    figure._answer(None, {"id": 5, "names": names, "labels": text}, [])
    ((content, buffers),) = sent
    assert content["id"] == 5
    for number, name in enumerate(names):
        G, D = load_pretrained(name)
        with torch.no_grad():
            fake = without_dropout(G)(x)
            logits = D(x, fake)
        assert np.allclose(np.frombuffer(buffers[2 * number], np.float32), fake.flatten(), atol=1e-6)
        assert np.allclose(np.frombuffer(buffers[2 * number + 1], np.float32), logits.flatten(), atol=1e-5)
        assert content["side"][number] == logits.shape[-1]


def test_a_level_that_is_switched_off_counts_for_nothing(skips):
    figure, sent = skips
    label_map, _ = draw_pair(12, 64)
    figure._answer(None, {"id": 1, "names": ["houses_64"], "labels": data.as_text(label_ids(label_map)), "keep": [0, 1, 1, 1]}, [])
    G = without_dropout(load_pretrained("houses_64")[0])
    with torch.no_grad():
        first, *others = G.encode(to_tensor(label_map)[None])
        expected = G.decode([torch.zeros_like(first), *others])
    assert np.allclose(np.frombuffer(sent[0][1][0], np.float32), expected.flatten(), atol=1e-6)


@pytest.fixture
def runs(monkeypatch):
    """The figure of recorded trainings, with a list of what it sends to the browser."""
    figure, sent = play.runs("loss"), []
    monkeypatch.setattr(figure, "send", lambda content, buffers=(): sent.append((content, buffers)))
    return figure, sent


def test_the_kernel_sends_the_pictures_of_a_recorded_training(runs):
    figure, sent = runs
    figure._answer(None, {"id": 7, "file": "GAN-2"}, [])
    assert sent == [({"id": 7}, [(GALLERY / "GAN-2.avif").read_bytes()])]


@pytest.mark.parametrize("file", ["../weights/houses_64.generator", "GAN-9", "MANIFEST", ""])
def test_the_kernel_sends_no_other_file(runs, file):
    figure, sent = runs
    figure._answer(None, {"id": 7, "file": file}, [])
    assert sent == [({"id": 7, "error": f"ValueError: the gallery has no {file}"}, ())]


def test_what_goes_wrong_is_told_to_the_browser_and_the_next_question_is_answered(skips):
    figure, sent = skips
    figure._answer(None, {"id": 1, "names": ["no such network"], "labels": "0" * 64 * 64}, [])
    figure._answer(None, {"id": 2, "names": ["houses_64"], "labels": "0"}, [])
    figure._answer(None, {"id": 3, "names": ["houses_64"], "labels": "0" * 64 * 64}, [])
    assert "no trained networks named" in sent[0][0]["error"]
    assert sent[1][0]["id"] == 2
    assert "error" in sent[1][0]
    assert "error" not in sent[2][0]
    assert len(sent[2][1]) == 2
