import copy
import json
import re
import signal
import threading
import time

import jupyter_client
import pytest
import torch
import torch.nn.functional as F
from reactions import measure
from repository import NOTEBOOKS

from pix2pix_edu.classroom import monitor as monitoring
from pix2pix_edu.classroom.curves import as_table, draw_runs, running_mean
from pix2pix_edu.classroom.small_runs import OBJECTIVE, short_run, small_batches, small_model, small_pairs
from pix2pix_edu.classroom.training_step import checks, widgets
from pix2pix_edu.classroom.training_step.figures import draw_gradients, draw_resumed
from pix2pix_edu.classroom.training_step.sick_runs import AILMENTS, gallery
from pix2pix_edu.objective import fake_loss, real_loss
from pix2pix_edu.training import Losses, descend, train, train_step

# --- the exercise: the step ---------------------------------------------------------------------------------------------------------

RIGHT_STEP = """
def answer(model, x, y, objective):
    G, D = model.generator, model.discriminator
    fake = G(x)
    d_loss = (real_loss(D(x, y)) + fake_loss(D(x, fake.detach()))) / 2
    descend(d_loss, model.discriminator_optimizer)
    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)
    descend(objective.gan_weight * adversarial + objective.l1_weight * l1, model.generator_optimizer)
    model.step += 1
    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())
"""
WITH_PLAIN_BACKWARD = """
def answer(model, x, y, objective):
    G, D = model.generator, model.discriminator
    fake = G(x)
    d_loss = (real_loss(D(x, y)) + fake_loss(D(x, fake.detach()))) / 2
    model.discriminator_optimizer.zero_grad()
    d_loss.backward()
    model.discriminator_optimizer.step()
    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)
    model.generator_optimizer.zero_grad()
    (objective.gan_weight * adversarial + objective.l1_weight * l1).backward()
    model.generator_optimizer.step()
    model.step += 1
    return d_loss.detach(), adversarial.detach(), l1.detach()
"""
WITH_FROZEN_D = RIGHT_STEP.replace("    adversarial, l1 =", "    D.requires_grad_(False)\n    adversarial, l1 =").replace(
    "    model.step", "    D.requires_grad_(True)\n    model.step"
)


def edited(*changes, source=RIGHT_STEP):
    """The right answer with some pieces of its text exchanged."""
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    return source


D_DESCENT = "    descend(d_loss, model.discriminator_optimizer)\n"
G_LOSS = "objective.gan_weight * adversarial + objective.l1_weight * l1"
G_PART = "".join(line + "\n" for line in RIGHT_STEP.splitlines() if "adversarial, l1 =" in line or G_LOSS in line)
WRONG_STEPS = {
    "no detach, with descend": (edited((".detach()))) / 2", "))) / 2")), "not detached"),
    "no detach, with plain backward": (edited(("fake.detach()", "fake"), source=WITH_PLAIN_BACKWARD), "second time"),
    "G before D": (edited((D_DESCENT, ""), (G_PART, G_PART + D_DESCENT)), "G moves before D"),
    "D never moves": (edited((D_DESCENT, "")), "D never moves"),
    "G never moves": (edited((f"    descend({G_LOSS}, model.generator_optimizer)\n", "")), "G never moves"),
    "G's loss to D's optimizer": (edited((f"{G_LOSS}, model.generator", f"{G_LOSS}, model.discriminator")), "D's optimizer moves twice"),
    "nobody moves": (edited((D_DESCENT, ""), (f"    descend({G_LOSS}, model.generator_optimizer)\n", "")), "no optimizer moves"),
    "both optimizers for each loss": (
        edited(
            ("model.discriminator_optimizer.step()", "model.discriminator_optimizer.step(); model.generator_optimizer.step()"),
            (
                "    model.generator_optimizer.step()\n    model.step",
                "    model.generator_optimizer.step(); model.discriminator_optimizer.step()\n    model.step",
            ),
            source=WITH_PLAIN_BACKWARD,
        ),
        "a loss moves weights that are not its own",
    ),
    "sum instead of mean": (edited((" / 2", "")), "summed, not averaged"),
    "labels flipped for D": (edited(("real_loss(D(x, y)) + fake_loss", "fake_loss(D(x, y)) + real_loss")), "the wrong way round"),
    "D told that all is real": (edited(("fake_loss(D", "real_loss(D")), "both y and fake are real"),
    "labels flipped for G": (edited(("real_loss(D(x, fake))", "fake_loss(D(x, fake))")), "taught to be recognised"),
    "the min-max formula": (edited(("real_loss(D(x, fake))", "-fake_loss(D(x, fake))")), "the gradient vanishes"),
    "L1 to the input": (edited(("l1_loss(fake, y)", "l1_loss(fake, x)")), "towards the input x"),
    "L2": (edited(("l1_loss(fake, y)", "mse_loss(fake, y)")), "squared"),
    "L1 without its weight": (edited(("objective.l1_weight * l1", "l1")), "without its weight"),
    "no gan_weight": (edited(("objective.gan_weight * adversarial", "adversarial")), "without objective.gan_weight"),
    "no L1": (edited((" + objective.l1_weight * l1", "")), "L1 is missing"),
    "no adversarial loss": (edited(("objective.gan_weight * adversarial + ", "")), "adversarial loss is missing"),
    "no zero_grad": (
        edited(
            ("    model.discriminator_optimizer.zero_grad()\n", ""),
            ("    model.generator_optimizer.zero_grad()\n", ""),
            source=WITH_PLAIN_BACKWARD,
        ),
        "add up from step to step",
    ),
    "zero_grad too late": (
        edited(
            ("    model.discriminator_optimizer.zero_grad()\n", ""),
            (
                "    model.discriminator_optimizer.step()",
                "    model.discriminator_optimizer.zero_grad(); model.discriminator_optimizer.step()",
            ),
            source=WITH_PLAIN_BACKWARD,
        ),
        "without any gradient",
    ),
    "x hidden from D": (edited(("D(x, ", "D(0 * x, ")), "does not get x"),
    "y hidden from D": (edited(("D(x, y)", "D(x, 0 * y)")), "neither y nor this step's fake"),
    "half of D's loss": (edited(("(real_loss(D(x, y)) + fake_loss(D(x, fake.detach())))", "fake_loss(D(x, fake.detach()))")), "two halves"),
    "two fakes": (edited(("adversarial, l1 =", "fake = G(x)\n    adversarial, l1 =")), "draws 2 times"),
    "G's judgement detached": (edited(("real_loss(D(x, fake))", "real_loss(D(x, fake.detach()))")), "only L1 still teaches G"),
    "the D of before": (
        edited(("    d_loss =", "    judged = D(x, fake)\n    d_loss ="), ("real_loss(D(x, fake))", "real_loss(judged)")),
        "from before D moved",
    ),
    "a step not counted": (edited(("    model.step += 1\n", "")), "does not count this step"),
    "attached losses": (
        edited(("Losses(d_loss.detach(), adversarial.detach(), l1.detach())", "Losses(d_loss, adversarial, l1)")),
        "attached",
    ),
    "the weighted L1": (edited(("l1.detach())", "objective.l1_weight * l1.detach())")), "the l1 loss comes back as"),
    "nothing handed back": (edited(("    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())\n", "")), "hand back Losses"),
}


def written(source):
    """The function that this text defines."""
    names = {"F": F, "Losses": Losses, "descend": descend, "fake_loss": fake_loss, "real_loss": real_loss, "torch": torch}
    exec(source, names)
    return names["answer"]


@pytest.mark.parametrize("source", [RIGHT_STEP, WITH_PLAIN_BACKWARD, WITH_FROZEN_D])
def test_a_right_step_is_proved_however_it_is_written(source):
    assert checks.train_step(written(source)).state == "proved"


@pytest.mark.parametrize("name", WRONG_STEPS)
def test_each_wrong_step_gets_the_diagnosis_of_its_own(name):
    source, thought = WRONG_STEPS[name]
    verdict = checks.train_step(written(source))
    assert verdict.state == "not yet"
    assert re.search(thought, verdict.message), verdict.message


def test_no_two_wrong_steps_get_the_same_words():
    thoughts = [thought for _, thought in WRONG_STEPS.values()]
    assert len(set(thoughts)) == len(thoughts)


def not_started(*_):
    raise NotImplementedError


@pytest.mark.parametrize(("check", "count"), [(checks.train_step, 1), (checks.slow_down, 1), (checks.diagnose, 1), (checks.resume, 2)])
def test_an_untouched_stub_is_not_started(check, count):
    assert check(*[not_started] * count).state == "not started"


# --- the other exercises ------------------------------------------------------------------------------------------------------------


def halved_rate(model):
    model.discriminator_lr /= 2


def halved_rate_of_the_optimizer(model):
    model.discriminator_optimizer.param_groups[0]["lr"] /= 2


def halved_gradients(model):
    for weight in model.discriminator.parameters():
        weight.register_hook(lambda gradient: gradient / 2)


def halved_rates_of_both(model):
    model.discriminator_lr, model.lr = model.discriminator_lr / 2, model.lr / 2


def halved_weights(model):
    with torch.no_grad():
        for weight in model.discriminator.parameters():
            weight /= 2


def quartered_rate(model):
    model.discriminator_lr /= 4


def test_half_the_rate_is_half_the_step():
    assert checks.slow_down(halved_rate).state == "proved"


@pytest.mark.parametrize(
    ("answer", "thought"),
    [
        (halved_rate_of_the_optimizer, "train\\(\\) sets it anew"),
        (halved_gradients, "Adam divides each gradient"),
        (halved_rates_of_both, "G moves 0.50 times"),
        (halved_weights, "weights themselves have changed"),
        (quartered_rate, "0.25 times as far"),
    ],
)
def test_each_wrong_way_to_slow_d_down_gets_its_diagnosis(answer, thought):
    verdict = checks.slow_down(answer)
    assert verdict.state == "not yet"
    assert re.search(thought, verdict.message), verdict.message


def by_its_curves(history):
    """A right diagnosis: chance, direction, movement."""
    d, g, first = [sum(losses[i] for losses in history[-10:]) / 10 for i in range(2)] + [history[0].discriminator]
    if first > 1.2:
        return "sum instead of mean"
    if d > 0.75:
        return "one optimizer for both"
    if d < 0.6 and g < 0.6:
        return "labels flipped for G"
    if abs(d - first) < 0.01:
        return "D never updated"
    return "healthy"


def by_l1(history):
    return "healthy" if history[-1].l1 < history[0].l1 else "D never updated"


def by_a_falling_loss(history):
    return "D never updated" if history[-1].adversarial > 0.75 else by_its_curves(history)


def by_balance(history):
    return "healthy" if abs(history[-1].discriminator - 0.69) < 0.05 else by_its_curves(history)


def by_both_falling(history):
    return "healthy" if max(history[-1][:2]) < 0.6 else by_its_curves(history)


def by_g_alone(history):
    return "healthy" if history[-1].adversarial < 0.35 and history[-1].discriminator > 0.7 else by_its_curves(history)


def blind_to_the_sum(history):
    return "healthy" if history[0].discriminator > 1.2 else by_its_curves(history)


def in_other_words(history):
    return "fine"


def mixing_two_up(history):
    return {"labels flipped for G": "D never updated"}.get(by_its_curves(history), by_its_curves(history))


def test_a_diagnosis_by_chance_direction_and_movement_is_proved():
    assert checks.diagnose(by_its_curves).state == "proved"


@pytest.mark.parametrize(
    ("answer", "thought"),
    [
        (by_l1, "L1 cannot tell them apart"),
        (by_a_falling_loss, "each is the other's opponent"),
        (by_balance, "flat since the first step"),
        (by_both_falling, "G works for D"),
        (by_g_alone, "teaching it to be wrong"),
        (blind_to_the_sum, "its chance is 1.39"),
        (in_other_words, "'fine' is none of"),
        (mixing_two_up, "is called 'D never updated'. It ends with"),
    ],
)
def test_each_wrong_diagnosis_gets_its_diagnosis(answer, thought):
    verdict = checks.diagnose(answer)
    assert verdict.state == "not yet"
    assert thought in verdict.message, verdict.message


def remember(model):
    """All that the next step depends on."""
    parts = {name: getattr(model, name) for name in ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer")}
    states = {name: part.state_dict() for name, part in parts.items()}
    return copy.deepcopy({**states, "step": model.step, "random": torch.get_rng_state()})


def restore(model, saved):
    """The other way round."""
    for name in ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer"):
        getattr(model, name).load_state_dict(saved[name])
    model.step = saved["step"]
    torch.set_rng_state(saved["random"])


def restoring_only(*names):
    """Bring back these parts and no others."""

    def restore_some(model, saved):
        for name in names:
            if name == "step":
                model.step = saved["step"]
            elif name == "random":
                torch.set_rng_state(saved["random"])
            else:
                getattr(model, name).load_state_dict(saved[name])

    return restore_some


def remember_live(model):
    return {"generator": model.generator.state_dict()}


NETWORKS, ADAMS = ("generator", "discriminator"), ("generator_optimizer", "discriminator_optimizer")


def test_a_whole_state_goes_on_bit_for_bit():
    assert checks.resume(remember, restore).state == "proved"


@pytest.mark.parametrize(
    ("restore_some", "thought"),
    [
        (restoring_only(), "neither network's weights come back"),
        (restoring_only("generator", "step", "random"), "only G comes back"),
        (restoring_only("discriminator", "step", "random"), "G does not"),
        (restoring_only(*NETWORKS), "the optimizers are not"),
        (restoring_only(*NETWORKS, "generator_optimizer", "step", "random"), "D's is not"),
        (restoring_only(*NETWORKS, "discriminator_optimizer", "step", "random"), "G's is not"),
        (restoring_only(*NETWORKS, *ADAMS, "random"), "model.step is back at 0"),
        (restoring_only(*NETWORKS, *ADAMS, "step"), "dropout throws other dice"),
    ],
)
def test_each_part_that_is_not_restored_is_named(restore_some, thought):
    verdict = checks.resume(remember, restore_some)
    assert verdict.state == "not yet"
    assert thought in verdict.message, verdict.message


def test_a_state_that_lives_on_is_named():
    verdict = checks.resume(remember_live, restore)
    assert "hands out the live tensors" in verdict.message, verdict.message


# --- sick runs ----------------------------------------------------------------------------------------------------------------------


def ends(name):
    return as_table(short_run(AILMENTS[name].step)[1])[-20:].mean(dim=0).tolist()


def test_a_short_run_with_the_librarys_step_is_the_healthy_one():
    assert short_run()[1] == short_run(AILMENTS["healthy"].step)[1]


def test_each_ailment_shows_its_sign():
    chance = 0.6931
    d, g, _ = ends("healthy")
    assert 0.5 < d < chance < g
    d, g, _ = ends("one optimizer for both")
    assert (d, g) == pytest.approx((0.837, 0.288), abs=0.03)  # D says "real" with probability 3/4
    d, g, _ = ends("labels flipped for G")
    assert max(d, g) < 0.6
    assert as_table(short_run(AILMENTS["D never updated"].step)[1])[:, :2].std(dim=0).max() < 0.01
    d, g, _ = ends("sigmoid twice")
    assert d > 0.503
    assert 0.313 < g < chance
    assert ends("sum instead of mean")[0] > 1.0
    assert ends("L1 to the input")[1] > 1.2
    assert ends("learning rate x 100")[2] > 1.15 * ends("healthy")[2]


def test_the_gallery_holds_each_ailment_once():
    runs = gallery(6)
    assert list(runs) == list("ABCDEFGH")
    assert sorted(run.name for run in runs.values()) == sorted(AILMENTS)


# --- figures and widgets ------------------------------------------------------------------------------------------------------------


def test_the_running_mean_is_the_mean_of_the_last_steps():
    values = torch.arange(36.0)
    assert running_mean(values).tolist() == pytest.approx([values[max(0, i - 2) : i + 1].mean().item() for i in range(36)])


def test_the_gradient_flow_says_what_arrives_where():
    _, alt = widgets.draw_gradient_flow("D's loss", detach=True, freeze=False)
    assert "G's weights" not in alt
    assert re.search(r"D's weights \d", alt)
    _, alt = widgets.draw_gradient_flow("G, adversarial", detach=False, freeze=True)
    assert "D's weights" not in alt
    assert re.search(r"G's weights \d", alt)
    _, alt = widgets.draw_gradient_flow("G, L1", detach=True, freeze=False)
    assert "nothing at all" in alt


def test_looking_at_gradients_leaves_the_random_numbers_and_the_networks_alone():
    torch.manual_seed(4)
    before = torch.get_rng_state()
    for loss in widgets.LOSSES:
        for detach in (True, False):
            widgets.draw_gradient_flow(loss, detach, freeze=True)
    widgets.draw_factor("Adam", 10.0)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(weight.requires_grad for weight in widgets._warm_model().discriminator.parameters())


@pytest.mark.parametrize(("optimizer", "length"), [("Adam", "1.0000"), ("SGD", "0.5000")])
def test_a_factor_on_the_loss_matters_to_sgd_and_not_to_adam(optimizer, length):
    assert f"{length} times as long" in widgets.draw_factor(optimizer, 0.5)[1]


def test_a_guess_is_answered_with_the_sign_of_what_was_guessed():
    letters = {run.name: letter for letter, run in gallery(6).items()}
    for name, ailment in AILMENTS.items():
        assert f"Yes: {name}. The sign of it: {ailment.sign}" in widgets.draw_patient(letters[name], name, steps=6)[1]
    assert "No: healthy." in widgets.draw_patient(letters["sigmoid twice"], "healthy", steps=6)[1]
    alt = widgets.draw_patient("A", steps=6)[1]
    assert re.search(r"D's loss from \d\.\d\d to \d\.\d\d, G's from", alt)
    assert not any(name in alt for name in AILMENTS)


def test_every_control_redraws_its_figure():
    for box, control, value in (
        (widgets.explore_gradient_flow(), 0, "G, L1"),
        (widgets.explore_factor(), 0, "SGD"),
        (widgets.explore_gallery(6), 0, "B"),
    ):
        row, picture = box.children
        before = picture.value
        row.children[control].value = value
        assert picture.value != before


def test_figures_draw_what_they_are_given():
    history = short_run(steps=6)[1]
    assert [axes.get_title() for axes in draw_runs({"one": history, "two": history}).axes] == ["one", "two"]
    figure = draw_gradients({"a": (0.0, 2.0), "b": (1.0, 0.5)})
    assert [bar.get_width() for bar in figure.axes[0].patches] == [0.0, 2.0, 1.0, 0.5]
    figure = draw_resumed([3.0, 2.0, 1.0], {"same": [1.0]}, stop=2)
    assert figure.axes[1].lines[0].get_ydata().tolist() == [0.0]


def test_each_widget_answers_in_words_that_follow_its_controls(record_property):
    draws = {
        "gradient flow": lambda i: widgets.draw_gradient_flow(widgets.LOSSES[i % 3], detach=False),
        "factor": lambda i: widgets.draw_factor("Adam", widgets.FACTORS[i % 5]),
        "gallery": lambda i: widgets.draw_patient("ABCDEFGH"[i % 8], steps=6),
    }
    measure(record_property, draws)


# --- the monitor --------------------------------------------------------------------------------------------------------------------


def watched(model, until, **settings):
    return monitoring.monitor(train(model, small_batches(), until, OBJECTIVE), model, small_pairs(), until, **settings)


def test_a_watched_training_has_the_same_losses_as_one_alone(monkeypatch):
    monkeypatch.setattr(monitoring, "display", lambda _: None)
    monkeypatch.setattr(monitoring, "SHARE_OF_TIME", 1e9)  # draw at each step
    alone = list(train(small_model(), small_batches(), 6, OBJECTIVE))
    assert list(watched(small_model(), 6, seconds=0.0)) == alone


def test_the_monitor_shows_the_last_state_and_says_how_to_go_on(monkeypatch):
    boxes = []
    monkeypatch.setattr(monitoring, "display", boxes.append)
    model = small_model()
    for _ in watched(model, 20):
        if model.step == 4:
            boxes[0].children[0].children[0].click()
    (button, progress), picture = boxes[0].children[0].children, boxes[0].children[1]
    assert model.step == 4
    assert button.disabled
    assert "step 4 of 20: stopped after a whole step; run this cell again to go on" in progress.value
    assert "After step 4, mean of the last 4 steps: D" in picture.value
    assert len(list(watched(model, 20))) == 16
    assert "step 20 of 20: done" in boxes[1].children[0].children[1].value


def test_an_interrupt_lets_the_step_finish_and_gives_the_signal_back(monkeypatch):
    monkeypatch.setattr(monitoring, "display", lambda _: None)
    before, model = signal.getsignal(signal.SIGINT), small_model()

    def interrupted_step(*batch):
        signal.raise_signal(signal.SIGINT)
        return train_step(*batch)

    steps = (interrupted_step(model, *small_batches()[number], OBJECTIVE) for number in range(9))
    assert len(list(monitoring.monitor(steps, model, small_pairs(), 9))) == 1
    assert model.step == 1
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_is_obeyed_at_once():
    stop = threading.Event()
    with monitoring.interrupt_sets(stop):
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


CELLS = {
    "prepare": """
import ipywidgets
from IPython.display import display
from pix2pix_edu.classroom.small_runs import *
from pix2pix_edu.classroom.monitor import monitor
from pix2pix_edu.training import train
torch.set_num_threads(1)
model, history, heard = small_model(), [], []
number = ipywidgets.IntText()
number.observe(lambda change: heard.append(change["new"]), "value")
display(number)
""",
    "train": """
for losses in monitor(train(model, small_batches(), 100_000, OBJECTIVE), model, small_pairs(), 100_000, seconds=0.2):
    history.append(losses)
print("stopped", model.step == len(history) < 100_000, heard)
""",
    "next": "print('next', len(history) == model.step)",
}


class Kernel:
    """A real kernel, as a browser drives it."""

    def __init__(self):
        self.manager, self.client = jupyter_client.manager.start_new_kernel(kernel_name="python3")
        self.said, self.opened, self.pictures = [], {}, 0

    def send(self, comm, data):
        self.client.shell_channel.send(self.client.session.msg("comm_msg", {"comm_id": comm, "data": data}))

    def listen_until(self, done, seconds=60):
        end = time.time() + seconds
        while not done():
            assert time.time() < end, self.said
            message = self.client.get_iopub_msg(timeout=seconds)
            content = message["content"]
            if message["msg_type"] == "stream":
                self.said.append(content["text"].strip())
            elif message["msg_type"] == "error":
                self.said.append("\n".join(content["traceback"]))
            elif message["msg_type"] == "comm_open":
                self.opened[content["data"]["state"].get("_model_name")] = content["comm_id"]
            elif message["msg_type"] == "comm_msg":
                self.pictures += "<img" in json.dumps(content)


@pytest.fixture(scope="module")
def kernel():
    started = Kernel()
    yield started
    started.client.stop_channels()
    started.manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("how", ["button", "interrupt"])
@pytest.mark.filterwarnings("ignore")
def test_in_a_real_kernel_a_running_training_stops_after_a_whole_step_and_the_next_cell_runs(kernel, how):
    kernel.said, kernel.opened, kernel.pictures = [], {}, 0
    for cell in CELLS.values():  # all are queued at once, as by "run all"
        kernel.client.execute(cell)
    kernel.listen_until(lambda: kernel.pictures > 0)  # it trains and shows
    kernel.send(kernel.opened["IntTextModel"], {"method": "update", "state": {"value": 42}})  # other widgets stay alive
    time.sleep(0.5)
    if how == "button":
        kernel.send(kernel.opened["ButtonModel"], {"method": "custom", "content": {"event": "click"}})
    else:
        kernel.manager.interrupt_kernel()
    kernel.listen_until(lambda: "next True" in kernel.said)
    assert kernel.said == ["stopped True [42]", "next True"]


# --- the notebook -------------------------------------------------------------------------------------------------------------------


def cells(tag):
    notebook = json.loads((NOTEBOOKS / "05_training_step.ipynb").read_text())
    return ["".join(cell["source"]) for cell in notebook["cells"] if tag in cell["metadata"].get("tags", [])]


def test_every_solution_in_the_notebook_is_proved():
    for solution, check in zip(cells("solution"), cells("check"), strict=True):
        names = {"checks": checks}
        exec(re.search(r"```python\n(.*?)```", solution, re.DOTALL)[1], names)
        assert eval(check.splitlines()[-1], names).state == "proved"
