"""The figures one can push, in a page without a kernel: their numbers are those of the library, and they follow mouse, finger and keys."""

import json
import re
import shutil

import numpy as np
import pytest
import torch
from hands import canvas_pixels, near, opened, problems, served
from playwright.sync_api import expect

from pix2pix_edu.classroom.objective.figures import DARK, LIT, paint_window, two_answers
from pix2pix_edu.classroom.patchgan.figures import vote_map, wholly_inside
from pix2pix_edu.classroom.real_or_fake.pictures import real_pictures
from pix2pix_edu.classroom.real_or_fake.votes import wilson
from pix2pix_edu.discriminator import PATCHES, PatchDiscriminator, patch_convs
from pix2pix_edu.drawing.facades import SyntheticPairs, draw_pair
from pix2pix_edu.experiments.cells import TESTED
from pix2pix_edu.experiments.gallery import GALLERY, fakes, record, shown_pairs, yardsticks
from pix2pix_edu.experiments.orders import values
from pix2pix_edu.generator import Generator
from pix2pix_edu.images import to_tensor
from pix2pix_edu.objective import Objective
from pix2pix_edu.play import data
from pix2pix_edu.play.modules import FOLDER
from pix2pix_edu.play.normals import normals
from pix2pix_edu.play.recorded import MARKS, MEASURES
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.receptive_field import Conv, input_span, output_size, output_step, receptive_field
from pix2pix_edu.training import Pix2Pix, stack_pairs, train_step
from pix2pix_edu.weights.bundled import load_pretrained

FIGURES = ("patch", "verdict", "objective", "learning", "runs", "game")  # those that need no network
PAGE = """<!doctype html><html lang="en"><head><title>A figure</title><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="play.css">
<link rel="stylesheet" href="play.css"><link rel="stylesheet" href="figures.css"><style>body { background: Canvas; }</style></head>
<body><main id="place"></main></body></html>"""
BUILD = """async ([name, state]) => {
  const module = await import(`./${name}.js`);
  const data = await (await fetch(`${name}.json`)).json();
  const create = module[`create${name[0].toUpperCase()}${name.slice(1)}`];
  window.states = [];
  window.figure = create(data, state, (now) => window.states.push(now), { load: async (file) => `gallery/${file}.avif` });
  document.getElementById("place").append(window.figure.element);
}"""


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """The address of a server with the modules, the data of the figures, and an empty page."""
    folder = tmp_path_factory.mktemp("play")
    for file in FOLDER.iterdir():
        if file.name.endswith((".js", ".css")):
            shutil.copy(file, folder)
    (folder / "figures.css").write_text("".join((folder / f"{name}.css").read_text() for name in FIGURES))
    (folder / "index.html").write_text(PAGE)
    shutil.copytree(GALLERY, folder / "gallery")
    for name in FIGURES:
        content = getattr(data, name)()
        (folder / f"{name}.json").write_text(json.dumps(content | ({"worker": "trainer_worker.js"} if name == "learning" else {})))
    with served(folder) as address:
        yield address


@pytest.fixture
def visit(chromium, host):
    """Open a page with a figure, or with none; afterwards nothing must have been written on the console."""
    contexts, troubles = [], []

    def visit(name="", state=None, **options):
        context = chromium.new_context(**{"viewport": {"width": 1100, "height": 1200}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(host)
        if name:
            page.evaluate(BUILD, [name, state or {}])
            page.wait_for_timeout(300)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert troubles == []


def caption(page):
    return page.locator(".play-caption").inner_text()


def drag(page, locator, start, end):
    """Drag from one place to another, given as shares of the element's box."""
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    places = [(box["x"] + right * box["width"], box["y"] + down * box["height"]) for right, down in (start, end)]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=4)
    page.mouse.up()
    page.wait_for_timeout(100)


STACKS = [
    *([[conv.kernel, conv.stride, conv.padding] for conv in patch_convs(patch)] for patch in PATCHES),
    [[3, 2, 1], [5, 1, 1], [4, 2, 1]],
    [[4, 1, 1]] * 8,
    [[4, 2, 1]] * 7,
]


def test_receptive_fields_spans_votes_and_insides_are_those_of_the_library(visit):
    cases = [[stack, size] for stack in STACKS for size in (64, 65, 128, 256)]
    program = """async (cases) => {
      const { receptiveField, outputSize, outputStep, inputSpan, votes, whollyInside } = await import("./receptive_field.js");
      return cases.map(([stack, size]) => {
        const convs = stack.map(([kernel, stride, padding]) => ({ kernel, stride, padding }));
        const side = outputSize(convs, size);
        const spans = Array.from({ length: side }, (_, index) => inputSpan(convs, index));
        const [field, step, inside] = [receptiveField, outputStep, whollyInside].map((work) => work(convs, size));
        return { field, side, step, spans, votes: votes(convs, size), inside };
      });
    }"""
    for (stack, size), found in zip(cases, visit().evaluate(program, cases), strict=True):
        convs = [Conv(*conv) for conv in stack]
        side = output_size(convs, size)
        assert (found["field"], found["side"], found["step"]) == (receptive_field(convs), side, output_step(convs))
        assert found["spans"] == [list(input_span(convs, index)) for index in range(side)]
        if side:
            votes = np.array(found["votes"])
            assert np.array_equal(np.outer(votes, votes), vote_map(convs, size, size).numpy())
            first, after_last = found["inside"]
            expected = wholly_inside(convs, size, size)
            assert (after_last - first) ** 2 == int(expected.sum())
            assert bool(expected[first:after_last, first:after_last].all())


def best_with_l2(game, weight):
    return game.g[np.argmin((game.adversarial + weight * game.l2).round(9))]


@pytest.mark.parametrize(("lit", "grain"), [(4, 0.2), (5, 0.1), (6, 0.3), (7, 0.2)])
def test_the_game_of_the_two_answers_is_that_of_lesson_02(visit, lit, grain):
    program = """async ([share, grain, weights]) => {
      const { ANSWERS, solve, total, lowest, glass, LIT, DARK } = await import("./two_answers.js");
      const game = solve(share, grain);
      const best = ["L1", "L2"].map((distance) => weights.map((weight) => ANSWERS[lowest(total(game, weight, distance))]));
      return { answers: [...ANSWERS], adversarial: game.adversarial, L1: game.L1, L2: game.L2, best, glass: [LIT, 0, DARK, -1].map(glass) };
    }"""
    weights = [0, 0.1, 0.3, 1, 3, 10, 30, 100]
    found = visit().evaluate(program, [lit / 8, grain, weights])
    game = two_answers(lit / 8, grain)
    assert found["answers"] == pytest.approx(game.g[::-1].tolist(), abs=1e-9)
    assert found["adversarial"] == pytest.approx(game.adversarial[::-1].tolist(), abs=1e-6)
    assert found["L1"] == pytest.approx(game.l1[::-1].tolist(), abs=1e-6)
    assert found["L2"] == pytest.approx(game.l2[::-1].tolist(), abs=1e-6)
    assert found["best"][0] == pytest.approx([game.g[game.best(weight)] for weight in weights], abs=1e-9)
    assert found["best"][1] == pytest.approx([best_with_l2(game, weight) for weight in weights], abs=1e-9)
    g = np.array(found["answers"])
    variance = lit / 8 * (g - LIT) ** 2 + (1 - lit / 8) * (g - DARK) ** 2 + 2 * grain**2  # of y and of the fake, each with its grain
    assert found["L2"] == pytest.approx(variance.tolist(), abs=1e-3)
    for colour, value in zip(found["glass"], (LIT, 0, DARK, -1), strict=True):
        assert colour == "rgb({}, {}, {})".format(*np.round(255 * paint_window(value)[1, 1]).astype(int))


@pytest.mark.parametrize("patch", [1, 16, 34])
def test_a_step_in_the_browser_is_the_step_of_the_library(visit, patch):
    torch.manual_seed(patch)
    G, D = Generator(depth=3, width=8, dropout=0.0), PatchDiscriminator(patch, width=8)
    x, y = (to_tensor(side)[None] for side in draw_pair(3, 32))
    start = {name: [weight.detach().flatten().tolist() for weight in net.parameters()] for name, net in (("G", G), ("D", D))}
    program = """async ([patch, start, x, y, weights]) => {
      const { Adam, Discriminator, Generator, trainStep } = await import("./tiny_pix2pix.js");
      const { normals } = await import("./random.js");
      const generator = new Generator({ size: 32, depth: 3, width: 8, normal: normals(0) });
      const discriminator = new Discriminator({ size: 32, patch, width: 8, normal: normals(1) });
      start.G.forEach((value, i) => generator.parameters[i].value.set(value));
      start.D.forEach((value, i) => discriminator.parameters[i].value.set(value));
      const optimizers = { generator: new Adam(generator.parameters, 1e-3), discriminator: new Adam(discriminator.parameters, 1e-3) };
      const model = { generator, discriminator, optimizers };
      const pair = [x, y].map((side) => Float32Array.from(side));
      const losses = [];
      let gradients = null;
      for (const l1Weight of weights) {
        const { discriminator: d, adversarial, l1 } = trainStep(model, ...pair, { l1Weight });
        losses.push([d, adversarial, l1]);
        gradients ??= [generator, discriminator].map((net) => net.parameters.map(({ gradient }) => [...gradient]));
      }
      return { losses, gradients, fake: [...generator.forward(pair[0])], logits: [...discriminator.forward(pair[0], pair[1])] };
    }"""
    weights = [100, 10, 0, 1000]
    found = visit().evaluate(program, [patch, start, x.flatten().tolist(), y.flatten().tolist(), weights])
    model = Pix2Pix(G, D, lr=1e-3)
    d_gradients = None
    for number, weight in enumerate(weights):

        def keep(loss, optimizer):
            nonlocal d_gradients
            optimizer.zero_grad()
            loss.backward(inputs=[weight for group in optimizer.param_groups for weight in group["params"]])
            if optimizer is model.discriminator_optimizer and d_gradients is None:
                d_gradients = [weight.grad.clone() for weight in D.parameters()]
            optimizer.step()

        losses = train_step(model, x, y, Objective(l1_weight=float(weight)), descend=keep)
        assert found["losses"][number] == pytest.approx([float(loss) for loss in losses], abs=1e-4)
        if number == 0:
            g_gradients = [parameter.grad.clone() for parameter in G.parameters()]
            for given, expected in zip(found["gradients"], (g_gradients, d_gradients), strict=True):
                for one, other in zip(given, expected, strict=True):
                    assert max(abs(np.array(one) - other.flatten().numpy())) <= 1e-4 * max(1e-3, float(other.abs().max()))
    with torch.no_grad():
        assert found["fake"] == pytest.approx(G(x).flatten().tolist(), abs=1e-4)
        assert found["logits"] == pytest.approx(D(x, y).flatten().tolist(), abs=1e-3)


def test_the_random_weights_of_the_training_have_mean_0_and_deviation_1_and_a_seed_repeats_them(visit):
    program = """async () => {
      const { normals } = await import("./random.js");
      const draw = (seed) => Array.from({ length: 20000 }, normals(seed));
      return [draw(0), draw(0), draw(1)];
    }"""
    one, same, other = map(np.array, visit().evaluate(program))
    assert abs(one.mean()) < 0.03
    assert abs(one.std() - 1) < 0.03
    assert 0.94 < (abs(one) < 2).mean() < 0.97
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_the_square_follows_the_mouse_and_the_numbers_are_those_of_the_library(visit):
    page = visit("patch")
    overlay = page.locator(".patch-picture svg")
    drag(page, overlay, (0.5, 0.5), (0.2, 0.8))
    words = caption(page)
    state = page.evaluate("window.states.at(-1)")
    convs = patch_convs(70)
    rows, columns = input_span(convs, state["row"]), input_span(convs, state["column"])
    assert f"sees rows {rows[0]} to {rows[1] - 1} and columns {columns[0]} to {columns[1] - 1}" in words
    assert state["row"] > 20
    assert state["column"] < 8
    assert f"{sum(weight.numel() for weight in PatchDiscriminator(70).parameters()):,} parameters" in words
    box = [float(page.locator(".patch-square").last.get_attribute(name)) for name in ("x", "y", "width")]
    assert box == [columns[0], rows[0], 70]


@pytest.mark.parametrize("patch", PATCHES)
@pytest.mark.parametrize("size", [64, 256, 512])
def test_what_is_said_of_a_patch_is_what_the_library_computes(visit, patch, size):
    page = visit("patch", {"patch": patch, "size": size, "row": 1, "column": 2})
    convs, words = patch_convs(patch), caption(page)
    side = output_size(convs, size)
    if not side:
        assert "no logit is left" in words
        expect(page.locator(".patch-map")).to_be_hidden()
        return
    votes, inside = vote_map(convs, size, size), int(wholly_inside(convs, size, size).sum())
    assert f"Patch {patch} on a {size} px picture: {side} x {side} logits, {output_step(convs)} px from patch to patch." in words
    assert f"{inside:,} of {side * side:,} patches are wholly inside. A pixel is seen by {votes.min()} to {votes.max()} logits." in words
    row, column = min(1, side - 1), min(2, side - 1)
    spans = [input_span(convs, index) for index in (row, column)]
    assert f"Logit ({row}, {column}) sees rows {spans[0][0]} to {spans[0][1] - 1}" in words
    assert ("padding" in words) == any(first < 0 or after_last > size for first, after_last in spans)


def test_arrow_keys_move_the_square_and_the_page_around_hears_only_what_runs_a_cell_or_saves(visit):
    page = visit("patch", {"row": 3, "column": 3})
    page.evaluate("""async () => {
      const { keepKeys } = await import("./keys_of_widget.js");
      window.heard = { early: [], around: [], late: [] };
      keepKeys(() => document.getElementById("place"));
      const hear = (list) => ({ key }) => key === "Shift" || key === "Control" || list.push(key);
      document.addEventListener("keydown", hear(window.heard.late)); // as JupyterLab does
      const [mark, early, around] = ["data-lm-suppress-shortcuts", hear(window.heard.early), hear(window.heard.around)];
      document.addEventListener("keydown", (event) => { // as Notebook 7 does, for shortcuts of the focused element and of what is around it
        if (!event.target.hasAttribute(mark)) early(event);
        if (!event.target.closest(`[${mark}]`)) around(event);
      }, true);
    }""")
    page.locator(".patch-picture svg").focus()
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight", "d", "d"):
        page.keyboard.press(key)
    page.wait_for_timeout(100)
    assert page.evaluate("[window.states.at(-1).row, window.states.at(-1).column]") == [4, 9]
    assert page.evaluate("window.heard") == {"early": [], "around": [], "late": []}
    page.locator("#place").press("d")  # the figure as a whole, where the focus is after a click beside the controls
    page.locator(".patch-picture svg").focus()
    for key in ("Enter", "Control+z", "Shift+Enter", "Control+s", "Control+Enter"):
        page.keyboard.press(key)
    assert page.evaluate("window.heard") == dict.fromkeys(("early", "around", "late"), ["Enter", "s", "Enter"])


def test_after_a_click_on_a_picture_the_keys_are_still_those_of_the_figure(visit):
    page = visit("patch")
    page.evaluate("import('./keys_of_widget.js').then(({ keepKeys }) => keepKeys(() => document.getElementById('place')))")
    page.wait_for_timeout(100)
    page.locator(".patch-map").click()
    assert page.evaluate("document.activeElement.id") == "place"


def test_a_changed_stride_changes_patch_map_and_cone(visit):
    page = visit("patch")
    page.get_by_label("Stride of convolution 4").select_option("2")
    convs = [*patch_convs(70)[:3], Conv(4, 2, 1), Conv(4, 1, 1)]
    expect(page.locator(".play-caption")).to_contain_text(
        f"Patch {receptive_field(convs)} on a 256 px picture: {output_size(convs, 256)} x"
    )
    assert page.evaluate("window.states.at(-1).strides") == "22221"
    assert page.locator(".cone-sum").all_inner_texts()[-2:] == ["4 = (1−1)×1 + 4", "1 logit"]
    assert page.get_by_role("radio", name="70").is_checked() is False
    page.get_by_role("button", name="Add a layer").click()
    expect(page.get_by_role("radio", name="142")).to_be_checked()  # four of stride 2 and two of stride 1: the paper's next patch
    page.get_by_role("button", name="Remove the last").click()
    expect(page.locator(".cone-rows > div")).to_have_count(6)


def show(page, name, state):
    """Build a figure in place of the one that is there."""
    page.evaluate("document.getElementById('place').replaceChildren()")
    page.evaluate(BUILD, [name, state])


CONES = {
    **{(patch, size): ({"patch": patch, "size": size}, patch_convs(patch)) for patch in PATCHES for size in (64, 256)},
    **{
        (strides, kernel): ({"strides": strides, "kernel": kernel, "size": 128}, [Conv(kernel, int(stride), 1) for stride in strides])
        for strides, kernel in (("12", 3), ("2121", 5), ("22222222", 4), ("1", 3), ("21122", 3))
    },
}


def test_the_sums_and_the_sides_of_every_cone_are_those_of_the_library(visit):
    page = visit()
    read = """rows => rows.map((row) => [row.firstChild.lastChild.textContent, row.querySelector(".cone-sum").textContent])"""
    for state, convs in CONES.values():
        show(page, "patch", state)
        expect(page.locator(".cone-rows > div")).to_have_count(len(convs) + 1)
        sides, sums = zip(*page.locator(".cone-rows > div").evaluate_all(read), strict=True)
        size, seen = state["size"], [receptive_field(convs[layer:]) for layer in range(len(convs) + 1)]
        below = [output_size(convs[:layer], size) for layer in range(1, len(convs) + 1)]
        assert sides == (f"picture, {size} px", *(str(side or "nothing left") for side in below))
        told = [f"{seen[layer]} = ({seen[layer + 1]}\u22121)\u00d7{conv.stride} + {conv.kernel}" for layer, conv in enumerate(convs)]
        assert sums == (*told, "1 logit")


def test_the_button_that_removes_the_last_layer_but_one_hands_its_focus_to_the_other(visit):
    page = visit("patch", {"strides": "22"})
    page.get_by_role("button", name="Remove the last").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove the last")).to_be_disabled()
    expect(page.get_by_role("button", name="Add a layer")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove the last")).to_be_enabled()


def test_the_state_that_a_figure_reports_builds_the_same_figure_again(visit):
    page = visit("patch", {"strides": "2211", "size": 128, "row": 5, "column": 40, "shown": "votes"})
    words = caption(page)
    page.locator(".patch-picture svg").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    state = page.evaluate("Object.fromEntries(new URLSearchParams(window.states.at(-1)))")  # as text, as in an address
    assert caption(visit("patch", state)) == words


@pytest.mark.parametrize("state", [{"patch": "71"}, {"row": "-5", "column": "1e9"}, {"strides": "3"}, {"size": "12", "shown": "all"}])
def test_a_state_that_makes_no_sense_is_read_as_far_as_it_does(visit, state):
    assert "Logit (" in caption(visit("patch", state))


def test_a_logit_of_a_trained_d_is_read_at_the_patch_that_is_pointed_at(visit):
    page = visit("verdict")
    page.get_by_role("radio", name="34").check()
    drag(page, page.locator(".verdict-picture svg").first, (0.5, 0.5), (0.7, 0.3))
    state = page.evaluate("window.states.at(-1)")
    judge = data.verdict()["judges"][34]
    at = state["row"] * judge["side"] + state["column"]
    real, fake = (judge["houses"][0][name][at] / 1000 for name in ("p_real", "p_fake"))
    assert f"D gives the real patch {real:.2f} and the fake one {fake:.2f}." in caption(page)
    first, after_last = input_span(patch_convs(34), state["column"])
    assert abs((first + after_last) / 2 - 0.7 * 64) <= output_step(patch_convs(34)) / 2 + 1
    drag(page, page.locator(".verdict-picture svg").last, (0.9, 0.9), (0.01, 0.01))
    assert page.evaluate("[window.states.at(-1).row, window.states.at(-1).column]") == [0, 0]


def test_the_means_over_the_picture_are_those_of_every_patch_that_the_trained_d_judges(visit):
    page = visit("verdict")
    x, y = stack_pairs(SyntheticPairs(data.JUDGED, data.LIVE, data.UNSEEN))
    for patch, name in data.JUDGES.items():
        G, D = load_pretrained(name)
        with torch.no_grad(), own_random_numbers(0):
            fakes = torch.cat([G(each[None]) for each in x])
            means = [[float(D(x[i : i + 1], side[i : i + 1]).sigmoid().mean()) for side in (y, fakes)] for i in range(data.JUDGED)]
        for house, expected in enumerate(means, start=1):
            show(page, "verdict", {"patch": patch, "house": house})
            expect(page.locator(".play-caption")).to_contain_text("Means over the picture")
            said = re.search(r"Means over the picture: ([\d.]+) and ([\d.]+)\.", caption(page)).groups()
            assert [float(mean) for mean in said] == pytest.approx(expected, abs=0.0055)  # two digits, of thousandths


def test_the_ball_rolls_to_the_answer_that_descent_would_find(visit):
    page = visit("objective", {"weight": 1, "lit": 5, "answer": -0.2})
    page.get_by_role("button", name="Let it roll downhill").click()
    page.wait_for_timeout(2500)
    game = two_answers(5 / 8, 0.2)
    values = game.total(1)[::-1]
    place = 80
    while True:
        lower = [i for i in (place - 1, place + 1) if values[i] < values[place]]
        if not lower:
            break
        place = min(lower, key=lambda i: values[i])
    assert page.evaluate("window.states.at(-1).answer") == pytest.approx(game.g[::-1][place], abs=1e-6)
    page.get_by_role("button", name="Take the best answer").click()
    page.wait_for_timeout(100)
    assert page.evaluate("window.states.at(-1).answer") == pytest.approx(game.g[game.best(1)], abs=1e-6)


def test_the_answer_is_moved_by_mouse_and_keys_and_its_losses_are_said(visit):
    page = visit("objective", {"weight": 10, "lit": 6})
    plot = page.get_by_role("slider", name="G's answer, from dark to lit")
    drag(page, plot, (0.5, 0.4), (0.63, 0.4))
    answer = page.evaluate("window.states.at(-1).answer")
    assert 0.4 < answer < 0.6
    plot.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("End")
    page.keyboard.press("PageDown")
    page.wait_for_timeout(100)
    game = two_answers(6 / 8, 0.2)
    here = int(np.argmin(abs(game.g - 0.8)))
    adversarial, l1, l2 = (f"{values[here]:.3f}" for values in (game.adversarial, 10 * game.l1, 10 * game.l2))
    assert f"At G's answer 0.80 the adversarial term is {adversarial}, λ L1 is {l1} and λ L2 is {l2}." in caption(page)
    best = [game.g[game.best(10)], best_with_l2(game, 10)]
    assert re.search(r"with L1 is ([-\d.]+), .*; with L2 it is ([-\d.]+),", caption(page)).groups() == tuple(f"{each:.2f}" for each in best)
    assert plot.get_attribute("aria-valuenow") == "0.8"
    assert plot.get_attribute("aria-valuetext") == f"0.80, a lit window: adversarial {adversarial}, λ L1 {l1}, λ L2 {l2}"


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("distance", ["L1", "L2"])
def test_the_four_curves_are_those_of_the_library_and_each_has_its_name_at_its_end(visit, width, distance):
    state = {"weight": 3, "lit": 6, "answer": -0.2, "distance": distance}
    page = visit("objective", state, viewport={"width": width, "height": 900})
    game = two_answers(6 / 8, 0.2)
    l1, l2 = 3 * game.l1, 3 * game.l2
    curves = {"adversarial": game.adversarial, "L1": l1, "L2": l2, "total": game.adversarial + (l1 if distance == "L1" else l2)}
    shown = {name: page.locator(f"path.objective-{name}:not(.objective-leader)").get_attribute("d") for name in curves}
    places = {name: np.array(re.findall(r"[\d.]+", path), dtype=float).reshape(-1, 2) for name, path in shown.items()}
    drawn = np.concatenate([path[:, 1].max() - path[:, 1] for path in places.values()])
    heights = np.concatenate([(values - values.min())[::-1] for values in curves.values()])
    assert drawn == pytest.approx(heights * drawn.max() / heights.max(), abs=0.15)  # of a pixel; all of them to one scale
    names = {name.text_content(): name.bounding_box() for name in page.locator("text.objective-name").all()}
    assert sorted(names) == ["adversarial", "best D", "sum", "λ L1", "λ L2"]
    boxes = sorted(names.values(), key=lambda box: box["y"])
    assert all(above["y"] + above["height"] <= below["y"] + 1 for above, below in zip(boxes, boxes[1:], strict=False))
    assert max(box["x"] + box["width"] for box in boxes) <= width
    leaders = page.locator("path.objective-leader").all()
    assert len(leaders) == 4
    for leader in leaders:  # from the end of its curve to its name
        name = re.search(r"objective-(adversarial|L1|L2|total)", leader.get_attribute("class"))[1]
        assert np.array(re.findall(r"[\d.]+", leader.get_attribute("d"))[:2], dtype=float) == pytest.approx(places[name][-1], abs=0.1)


def test_a_slice_of_a_stopped_training_does_not_train_the_next_one(visit):
    steps = visit().evaluate(
        """async () => {
          const { serve } = await import("./trainer.js");
          const answers = [];
          const send = serve((answer) => answers.push(answer));
          const pair = { x: new Float32Array(3 * 32 * 32), y: new Float32Array(3 * 32 * 32) };
          const create = { size: 32, pairs: [pair], tests: [pair] };
          send({ create: { ...create, id: 1 } });
          send({ run: true });
          send({ run: false });
          send({ create: { ...create, id: 2 } });
          await new Promise((done) => setTimeout(done, 300));
          return answers.filter(({ id }) => id === 2).map(({ step }) => step);
        }"""
    )
    assert steps == [0]


@pytest.mark.parametrize("worker", [True, False], ids=["in a worker", "without workers"])
def test_a_tiny_pix2pix_learns_while_one_watches(visit, worker):
    page = visit()
    if not worker:
        page.evaluate("delete globalThis.Worker")
    page.evaluate(BUILD, ["learning", {"patch": 1}])
    train = page.get_by_role("button", name="Train")
    expect(train).to_be_enabled(timeout=20_000)
    page.get_by_role("button", name="One step").click()
    expect(page.locator(".play-caption")).to_contain_text(re.compile(r"^1 step\."))
    fakes = page.locator(".learning-row").nth(1).locator("canvas")
    look = """canvas => {
      const copy = new OffscreenCanvas(32, 32).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      return [...copy.getImageData(0, 0, 32, 32).data];
    }"""
    targets = [canvas.evaluate(look) for canvas in page.locator(".learning-row").nth(3).locator("canvas").all()]

    def distance():
        return np.mean(
            [abs(np.array(fake.evaluate(look)) - np.array(real)).mean() for fake, real in zip(fakes.all(), targets, strict=True)]
        )

    before = distance()
    train.click()
    page.wait_for_function("parseInt(document.querySelector('.play-caption').innerText.replace(',', '')) > 250", timeout=60_000)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(500)
    assert distance() < 0.75 * before
    steps = caption(page).split()[0]
    page.wait_for_timeout(500)
    assert caption(page).split()[0] == steps
    train.click()
    page.get_by_role("button", name="Start again").click()  # while it runs: nothing of the earlier training may follow
    expect(page.locator(".play-caption")).to_contain_text("G is untrained")
    page.wait_for_timeout(1000)
    expect(page.locator(".play-caption")).to_contain_text("G is untrained")
    assert distance() > 0.9 * before


OVERHEAR = """() => {
  window.told = []; // what figure and worker say to each other
  window.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => window.told.push(data));
    }
    postMessage(message) {
      window.told.push(structuredClone(message));
      super.postMessage(message);
    }
  };
}"""
REPLAY = """async (obeys) => {
  const { Adam, Discriminator, Generator, trainStep } = await import("./tiny_pix2pix.js");
  const { normals } = await import("./random.js");
  const answers = window.told.filter(({ losses }) => losses);
  const acknowledged = answers.filter(({ losses }) => !losses.length);
  const trainings = [];
  for (const { create, change, run } of window.told.filter(({ losses }) => !losses)) {
    if (create) trainings.push({ ...create, changes: [] });
    if (!trainings.length || !(create || change || run === false)) continue;
    const { step } = acknowledged.shift(); // the change holds from the next step on
    if (change && (obeys || create)) trainings.at(-1).changes.push({ step, ...change });
  }
  return trainings.map(({ id, size, pairs, seed, changes }) => {
    const told = answers.filter((answer) => answer.id === id).flatMap(({ losses }) => losses);
    const generator = new Generator({ size, depth: 3, width: 8, normal: normals(seed) });
    const model = { generator, optimizers: { generator: new Adam(generator.parameters, 1e-3) } };
    let [order, settings] = [[], {}];
    const replayed = told.map((_, step) => {
      for (const change of changes.filter((each) => each.step === step)) {
        if (change.patch !== settings.patch) {
          model.discriminator = new Discriminator({ size, patch: change.patch, width: 8, normal: normals(seed + 1) });
          model.optimizers.discriminator = new Adam(model.discriminator.parameters, 1e-3);
        }
        settings = change;
      }
      if (step % pairs.length === 0) {
        const keys = Array.from({ length: pairs.length }, normals(seed + step));
        order = [...keys.keys()].sort((i, j) => keys[i] - keys[j]);
      }
      const { x, y } = pairs[order[step % pairs.length]];
      const { discriminator, adversarial, l1 } = trainStep(model, x, y, settings);
      return [step + 1, discriminator, adversarial, l1];
    });
    return [told, replayed];
  });
}"""


def wait_for_steps(page, count):
    page.wait_for_function("count => parseInt(document.querySelector('.play-caption').innerText) >= count", arg=count, timeout=60_000)
    return int(caption(page).split()[0])


@pytest.mark.parametrize("setting", ["lambda", "patch", "D"])
def test_what_is_changed_while_the_training_runs_holds_from_the_next_step_on(visit, setting):
    page = visit()
    page.evaluate(OVERHEAR)
    page.evaluate(BUILD, ["learning", {}])
    train, step, again = (page.get_by_role("button", name=name) for name in ("Train", "One step", "Start again"))
    expect(train).to_be_enabled(timeout=20_000)
    train.click()
    wait_for_steps(page, 5)
    if setting == "lambda":
        page.get_by_role("slider", name="λ, the weight of L1").press("ArrowLeft")
    elif setting == "patch":
        page.get_by_role("radio", name="34").click()
    else:
        page.get_by_role("checkbox", name="D learns").click()
    changed = wait_for_steps(page, 0)
    wait_for_steps(page, changed + 5)  # it has not stopped
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function("window.told.filter(({ run }) => run === false).length === 2 && window.told.at(-1).losses?.length === 0")
    count = page.evaluate("window.told.flatMap(({ losses }) => losses ?? []).length")  # the caption may lag behind
    step.click()
    expect(page.locator(".play-caption")).to_contain_text(f"{count + 1} steps")
    again.click()
    expect(page.locator(".play-caption")).to_contain_text("G is untrained")
    for number in (1, 2):
        step.click()
        assert wait_for_steps(page, number) == number
    first, second = page.evaluate(REPLAY, True)
    assert len(first[0]) == count + 1
    assert first[0] == first[1]
    assert len(second[0]) == 2
    assert second[0] == second[1]
    told, unchanged = page.evaluate(REPLAY, False)[0]
    assert told[:4] == unchanged[:4]
    assert told[-1] != unchanged[-1]


def test_a_d_that_does_not_learn_keeps_its_weights_bit_for_bit_while_g_learns_on(visit):
    page = visit()
    page.evaluate("""async () => {
      delete globalThis.Worker; // then the page itself trains, and its weights can be read
      const { Adam } = await import("./tiny_pix2pix.js");
      const { step } = Adam.prototype;
      const seen = new Set();
      Adam.prototype.step = function () {
        seen.add(this);
        step.call(this);
      };
      const bits = ({ parameters }) => parameters.map(({ value }) => [...new Uint32Array(value.buffer, value.byteOffset, value.length)]);
      window.weights = () => [...seen].map(bits); // D's, which learns first, then G's
    }""")
    page.evaluate(BUILD, ["learning", {}])
    step, learns = page.get_by_role("button", name="One step"), page.get_by_role("checkbox", name="D learns")
    expect(step).to_be_enabled(timeout=20_000)
    step.click()
    wait_for_steps(page, 1)
    page.get_by_role("button", name="Train").click()
    wait_for_steps(page, 3)
    learns.click()
    page.evaluate("new Promise((done) => setTimeout(done))")  # after the timer that hands the change over
    before, since = page.evaluate("window.weights()"), wait_for_steps(page, 0)
    wait_for_steps(page, since + 5)
    page.get_by_role("button", name="Pause").click()
    after = page.evaluate("window.weights()")
    networks = PatchDiscriminator(16, width=8), Generator(depth=3, width=8)
    assert [len(weights) for weights in after] == [len([*network.parameters()]) for network in networks]
    assert after[0] == before[0]
    assert all(one != other for one, other in zip(before[1], after[1], strict=True))
    learns.click()
    step.click()
    wait_for_steps(page, since + 6)
    page.wait_for_function("frozen => JSON.stringify(window.weights()[0]) !== frozen", arg=json.dumps(after[0], separators=(",", ":")))


def test_the_means_that_are_said_while_it_learns_are_those_of_a_training_by_the_library(visit):
    page, steps = visit("learning", {"l1Weight": 10, "patch": 16}), 6
    for step in range(1, steps + 1):
        page.get_by_role("button", name="One step").click(timeout=20_000)
        expect(page.locator(".play-caption")).to_contain_text(re.compile(rf"^{step} steps?\."))
    said = re.search(r"D's loss ([\d.]+) .*G's adversarial loss ([\d.]+), L1 ([\d.]+): running means", caption(page)).groups()
    begun = page.evaluate("""async () => {
      const { Discriminator, Generator } = await import("./tiny_pix2pix.js");
      const { normals } = await import("./random.js");
      const nets = [new Generator({ size: 32, depth: 3, width: 8, normal: normals(0) })];
      nets.push(new Discriminator({ size: 32, patch: 16, width: 8, normal: normals(1) }));
      return nets.map(({ parameters }) => parameters.map(({ value }) => [...value]));
    }""")
    G, D = Generator(depth=3, width=8, dropout=0.0), PatchDiscriminator(16, width=8)
    for net, weights in zip((G, D), begun, strict=True):
        for weight, numbers in zip(net.parameters(), weights, strict=True):
            weight.data.copy_(torch.tensor(numbers).view_as(weight))
    content = data.learning()
    x, y = (tiles(opened(content[side]), content["columns"]) for side in ("x", "y"))
    order = content["tests"] + np.argsort(normals(0, content["pairs"]), kind="stable")
    model, means = Pix2Pix(G, D, lr=1e-3), None
    for number in order[:steps].tolist():
        losses = np.array([float(loss) for loss in train_step(model, x[number][None], y[number][None], Objective(l1_weight=10.0))])
        means = losses if means is None else 0.97 * means + 0.03 * losses
    assert [float(mean) for mean in said] == pytest.approx(means.tolist(), abs=0.0052)


def tiles(sheet, columns):
    """The pictures of a sheet, row by row."""
    size = sheet.shape[-1] // columns
    return [tile for row in sheet.split(size, dim=1) for tile in row.split(size, dim=2)]


def test_the_interval_of_the_game_is_that_of_the_library(visit):
    cases = [(count, hits) for count in (1, 2, 7, 40) for hits in range(0, count + 1, 3)]
    found = visit().evaluate(
        "async (cases) => { const { wilson } = await import('./game.js'); return cases.map((each) => wilson(...each)); }", cases
    )
    for (count, hits), given in zip(cases, found, strict=True):
        assert given == pytest.approx(wilson(hits, count), abs=1e-6)


def test_a_game_is_played_by_mouse_and_keys_and_counts_what_fooled(visit):
    page = visit("game", {"seconds": "3"})
    real = page.locator(".game-right")
    right = 0
    for number in range(4):
        page.get_by_role("button", name="Show").click()
        expect(real).to_have_count(0)
        if number % 2:
            page.keyboard.press("ArrowLeft")
        else:
            page.get_by_role("button", name="The left one is real").click()
        expect(real).to_have_count(1)
        right += "left" in real.inner_text()
        assert f"G fooled you in {number + 1 - right} of {number + 1}:" in caption(page)
    assert page.evaluate("window.states") == []


def test_a_pair_is_hidden_after_its_time_and_shown_again_with_the_answer(visit):
    page = visit("game", {"seconds": "1"})
    page.get_by_role("button", name="Show a pair").click()
    expect(page.locator(".game-hidden")).to_have_count(0)
    page.wait_for_timeout(1400)
    expect(page.locator(".game-hidden")).to_have_count(2)
    page.get_by_role("button", name="The right one is real").click()
    expect(page.locator(".game-hidden")).to_have_count(0)
    page.get_by_role("radio", name="until I answer").check()
    page.get_by_role("button", name="Show the next pair").click()
    page.wait_for_timeout(1400)
    expect(page.locator(".game-hidden")).to_have_count(0)


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit, name, scheme):
    page = visit(name, color_scheme=scheme)
    assert problems(page, "#place") == []


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_nothing_is_cut_off_and_a_finger_can_press_it(visit, name, width):
    page = visit(name, viewport={"width": width, "height": 800}, has_touch=True, is_mobile=True, device_scale_factor=2)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for control in page.locator(".play button:visible, .play-choices label:visible").all():
        assert control.bounding_box()["height"] >= 40


@pytest.mark.parametrize("ratio", [1, 1.5, 2, 3])
def test_pictures_are_scaled_by_whole_numbers(visit, ratio):
    page = visit("patch", {"size": 64}, device_scale_factor=ratio)
    width = page.locator(".patch-picture canvas").bounding_box()["width"]
    assert width * ratio / 64 == pytest.approx(round(width * ratio / 64), rel=1e-3)
    page = visit("learning", device_scale_factor=ratio)
    width = page.locator(".learning-row canvas").first.bounding_box()["width"]
    assert width * ratio / 32 == pytest.approx(round(width * ratio / 32), rel=1e-3)


def test_the_square_has_moved_two_frames_after_the_finger_at_the_latest(visit):
    program = """async () => {
      const overlay = document.querySelector(".patch-picture svg");
      const box = overlay.getBoundingClientRect();
      overlay.setPointerCapture = () => {};
      overlay.hasPointerCapture = () => true;
      const frames = [];
      for (let i = 0; i < 30; i += 1) {
        const before = document.querySelector(".patch-square").getAttribute("x");
        const clientX = box.left + box.width * (i % 2 ? 0.3 : 0.7);
        overlay.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY: box.top + box.height / 2 }));
        frames.push(0);
        while (frames[i] < 10 && document.querySelector(".patch-square").getAttribute("x") === before) {
          await new Promise(requestAnimationFrame);
          frames[i] += 1;
        }
      }
      return frames;
    }"""
    assert max(visit("patch").evaluate(program)) <= 2  # counted in frames: how long a frame takes is the machine's affair


def runs(page):
    """The recorded trainings, when no picture is missing."""
    expect(page.locator(".play-caption")).not_to_contain_text("Loading", timeout=20_000)
    return page.locator(".play-runs")


def test_the_recorded_trainings_show_the_pictures_and_the_scores_of_the_gallery(visit):
    page = visit("runs", {"column": "λ 10", "row": "patch 34", "house": 4, "step": 400, "seed": 1})
    runs(page)
    assert near(canvas_pixels(page, ".runs-wipe canvas:nth-of-type(2)"), fakes("lambda_10", 1, 400)[3])
    x, _ = shown_pairs("lambda_10")
    assert near(canvas_pixels(page, ".runs-seeds figure:nth-of-type(1) canvas"), x[3])
    assert near(canvas_pixels(page, ".runs-wipe canvas:nth-of-type(1)"), real_pictures("lambda_10", 1, GALLERY)[3])
    for number in range(3):
        shown = canvas_pixels(page, f".runs-seeds figure:nth-of-type({number + 2}) canvas")
        assert near(shown, fakes("lambda_10", number, 400)[3])
    scores = record("lambda_10", 1)["scores"]["400"]
    assert f"read per class {scores['reading']['per_class']:.2f}" in caption(page)
    assert page.get_by_role("button", pressed=True).inner_text() == f"{scores['reading']['per_class']:.2f}"


def test_every_number_of_the_recorded_trainings_is_that_of_the_records(visit):
    page, content = visit("runs"), data.runs()
    names = {cell["title"]: cell["name"] for cell in content["cells"]}
    chosen = names["λ 100, patch 34"]
    moments = page.get_by_role("slider", name="Steps of training")
    for seed, step in ((0, 3000), (0, 400), (2, 150), (1, 1200)):
        page.get_by_role("radio", name=str(seed), exact=True).check()
        moments.fill(str(content["steps"].index(step)))
        for measure, title in MEASURES.items():
            page.get_by_role("radio", name=title).check()
            expect(page.locator(".play-caption")).to_contain_text(
                f"seed {seed}, house 1, after {step:,} steps. Over {TESTED} unseen houses: {title} "
            )
            told = [label.rsplit(" ", 1) for label in page.locator(".runs-tile").evaluate_all("all => all.map((tile) => tile.ariaLabel)")]
            shown = {words.removesuffix(f": {title}"): float(value) for words, value in told}
            assert shown == pytest.approx({cell: values(name, measure, step)[seed] for cell, name in names.items()}, abs=0.00501)
            ours = values(chosen, measure, step)
            marks = {"per_class": [yardsticks()[mark]["per_class"] for mark in MARKS], "l1": []}.get(measure, [1.0])
            said = [float(value) for value in re.findall(r"\d\.\d\d", caption(page))]
            assert said == pytest.approx([ours[seed], min(ours), max(ours), *marks], abs=0.00501)


def test_one_walks_through_the_grid_with_the_arrow_keys_and_back_to_the_first_steps(visit):
    page = visit("runs")
    assert caption(page).startswith("λ 100, patch 34, seed 0, house 1, after 3,000 steps.")
    page.get_by_role("button", pressed=True).focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".play-caption")).to_contain_text("λ 10, patch 70")
    page.keyboard.press("ArrowDown")  # there is nothing below
    expect(page.locator(".play-caption")).to_contain_text("λ 10, patch 70")
    page.get_by_role("slider", name="Steps of training").focus()
    page.keyboard.press("Home")
    expect(page.locator(".play-caption")).to_contain_text("after 150 steps")
    runs(page)
    tiles = page.locator(".runs-tile canvas")
    assert near(canvas_pixels(page, f".runs-tile >> nth={tiles.count() - 1} >> canvas"), fakes("lambda_1000_patch_70", 0, 150)[0])


def test_pictures_that_did_not_load_are_asked_for_again_at_the_next_change(visit):
    page = visit("runs")
    page.evaluate("""async () => {
      const { createRuns } = await import("./runs.js");
      const data = await (await fetch("runs.json")).json();
      let away = true;
      const load = async (file) => {
        if (away) throw new Error("the kernel is away");
        return `gallery/${file}.avif`;
      };
      window.comeBack = () => (away = false);
      document.getElementById("place").replaceChildren(createRuns(data, { column: "λ 10", row: "patch 34" }, () => {}, { load }).element);
    }""")
    page.get_by_role("slider", name="House").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".play-caption")).to_contain_text("Some pictures did not load (the kernel is away)")
    expect(page.locator(".play-caption")).to_contain_text("house 2")  # the numbers stay
    page.evaluate("window.comeBack()")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".play-caption")).not_to_contain_text("did not load")
    runs(page)
    assert near(canvas_pixels(page, ".runs-wipe canvas:nth-of-type(2)"), fakes("lambda_10", 0, 3000)[2])


def test_what_was_asked_for_while_something_failed_is_done_all_the_same(visit):
    done = visit().evaluate("""async () => {
      const { newestOnly } = await import("./dom.js");
      const [done, failed] = [[], []];
      const ask = newestOnly(async (name) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (name === "first") throw new Error("no network");
        done.push(name);
      }, (error) => failed.push(error.message));
      const first = ask("first");
      ask("second");
      ask("third");
      await first;
      await ask("fourth");
      return [done, failed];
    }""")
    assert done == [["third", "fourth"], ["no network"]]


def test_strides_may_be_given_as_a_number(visit):
    assert caption(visit("patch", {"strides": 2211})).startswith("Patch 34 ")


def test_the_line_between_fake_and_real_follows_the_pointer(visit):
    page = visit("runs")
    runs(page)
    drag(page, page.locator(".runs-wipe"), (0.5, 0.5), (0.25, 0.5))
    expect(page.get_by_role("slider", name="Fake left of the line")).to_have_attribute("aria-valuetext", "25%")
    assert page.locator(".runs-wipe canvas").nth(1).evaluate("canvas => getComputedStyle(canvas).clipPath") == "inset(0px 75% 0px 0px)"
