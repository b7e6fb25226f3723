import copy
import io
import json
import math
import re
import signal
import threading

import jupyter_client
import pytest
import torch
from reactions import measure
from written_steps import RIGHT_STEP, edited, step_from

from pix2pix_edu.classroom import monitor as monitoring
from pix2pix_edu.classroom.curves import as_table, draw_runs, losses_so_far, running_mean
from pix2pix_edu.classroom.small_runs import OBJECTIVE, short_run, small_batches, small_model, small_pairs
from pix2pix_edu.classroom.training_step import checks, gradient_of, weights, widgets
from pix2pix_edu.classroom.training_step.faults import FAULTS, mystery_runs
from pix2pix_edu.classroom.training_step.figures import draw_gradients, draw_resumed
from pix2pix_edu.classroom.wrong_steps import old_verdict_step
from pix2pix_edu.objective import real_loss
from pix2pix_edu.random_numbers import own_random_numbers
from pix2pix_edu.run import loop
from pix2pix_edu.run.saving import write_losses
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.training import Losses, train, train_step

# --- the exercise: the step ---------------------------------------------------------------------------------------------------------

ZERO_D, ZERO_G = (f"    model.{name}_optimizer.zero_grad()\n" for name in ("discriminator", "generator"))
STEP_D, STEP_G = (f"    model.{name}_optimizer.step()\n" for name in ("discriminator", "generator"))
DESCEND_D = "    descend(d_loss, model.discriminator_optimizer)\n"
G_LOSS = "objective.gan_weight * adversarial + objective.l1_weight * l1"
DESCEND_G = f"    descend({G_LOSS}, model.generator_optimizer)\n"
G_PART = "    adversarial, l1 = real_loss(D(x, fake)), F.l1_loss(fake, y)\n" + DESCEND_G
RETURN = "    return Losses(d_loss.detach(), adversarial.detach(), l1.detach())\n"

WITH_PLAIN_BACKWARD = edited(
    RIGHT_STEP,
    (DESCEND_D, f"{ZERO_D}    d_loss.backward()\n{STEP_D}"),
    (DESCEND_G, f"{ZERO_G}    ({G_LOSS}).backward()\n{STEP_G}"),
    ("return Losses(d_loss.detach(), adversarial.detach(), l1.detach())", "return d_loss.detach(), adversarial.detach(), l1.detach()"),
)
WITH_FROZEN_D = edited(
    RIGHT_STEP,
    ("    adversarial,", "    D.requires_grad_(False)\n    adversarial,"),
    ("    model.step", "    D.requires_grad_(True)\n    model.step"),
)


def wrong(*changes):
    return edited(RIGHT_STEP, *changes)


def wrong_backward(*changes):
    return edited(WITH_PLAIN_BACKWARD, *changes)


WRONG_STEPS = [
    (wrong((".detach()))) / 2", "))) / 2")), "not detached"),
    (wrong_backward(("fake.detach()", "fake")), "second time"),
    (wrong((DESCEND_D, ""), (G_PART, G_PART + DESCEND_D)), "G moves before D"),
    (wrong((DESCEND_D, "")), "D never moves"),
    (wrong((DESCEND_G, "")), "G never moves"),
    (wrong((f"{G_LOSS}, model.generator", f"{G_LOSS}, model.discriminator")), "D's optimizer moves twice"),
    (wrong(("d_loss, model.discriminator", "d_loss, model.generator")), "G's optimizer moves twice"),
    (wrong((DESCEND_D, ""), (DESCEND_G, "")), "no optimizer moves"),
    (wrong_backward((STEP_D, STEP_D + STEP_G), (f"{STEP_G}    model", f"{STEP_G}{STEP_D}    model")), "weights that are not its own"),
    (wrong((" / 2", "")), "summed, not averaged"),
    (wrong(("real_loss(D(x, y)) + fake_loss", "fake_loss(D(x, y)) + real_loss")), "the wrong way round"),
    (wrong(("fake_loss(D", "real_loss(D")), "both y and fake are real"),
    (wrong(("real_loss(D(x, fake))", "fake_loss(D(x, fake))")), "taught to be recognised"),
    (wrong(("real_loss(D(x, fake))", "-fake_loss(D(x, fake))")), "the gradient vanishes"),
    (wrong(("l1_loss(fake, y)", "l1_loss(fake, x)")), "towards the input x"),
    (wrong(("l1_loss(fake, y)", "mse_loss(fake, y)")), "squared"),
    (wrong(("objective.l1_weight * l1", "l1")), "without its weight"),
    (wrong(("objective.gan_weight * adversarial", "adversarial")), "without objective.gan_weight"),
    (wrong((" + objective.l1_weight * l1", "")), "L1 is missing"),
    (wrong(("objective.gan_weight * adversarial + ", "")), "adversarial loss is missing"),
    (wrong((G_LOSS, f"3 * ({G_LOSS})")), "G's gradient is not the paper's"),
    (wrong_backward((ZERO_D, ""), (ZERO_G, "")), "add up from step to step"),
    (wrong_backward((ZERO_D, ""), (STEP_D, ZERO_D + STEP_D)), "without any gradient"),
    (wrong(("D(x, ", "D(0 * x, ")), "does not get x"),
    (wrong(("D(x, y)", "D(x, 0 * y)")), "neither y nor this step's fake"),
    (wrong(("(real_loss(D(x, y)) + fake_loss(D(x, fake.detach())))", "fake_loss(D(x, fake.detach()))")), "two halves"),
    (wrong(("    adversarial,", "    fake = G(x)\n    adversarial,")), "draws 2 times"),
    (wrong(("real_loss(D(x, fake))", "real_loss(D(x, fake.detach()))")), "only L1 still teaches G"),
    (wrong(("    d_loss =", "    old = D(x, fake)\n    d_loss ="), ("real_loss(D(x, fake))", "real_loss(old)")), "from before D moved"),
    (wrong(("    model.step += 1\n", "")), "does not count this step"),
    (wrong((RETURN, "    return Losses(d_loss, adversarial, l1)\n")), "attached"),
    (wrong((" l1.detach())", " objective.l1_weight * l1.detach())")), "the l1 loss comes back as"),
    (wrong((RETURN, "")), "return Losses"),
]


@pytest.mark.parametrize("source", [RIGHT_STEP, WITH_PLAIN_BACKWARD, WITH_FROZEN_D])
def test_a_right_step_is_proved_however_it_is_written(source):
    assert checks.train_step(step_from(source)).state == "proved"


def test_each_wrong_step_has_a_message_of_its_own():
    assert len({words for _, words in WRONG_STEPS}) == len(WRONG_STEPS)


# --- the other exercises ------------------------------------------------------------------------------------------------------------


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


def healthy_if(condition):
    """A diagnosis that is right except that it calls some faulty runs healthy."""
    return lambda history: "healthy" if condition(history) else by_its_curves(history)


def mixing_two_up(history):
    return {"labels flipped for G": "D never updated"}.get(by_its_curves(history), by_its_curves(history))


def test_a_diagnosis_by_chance_direction_and_movement_is_proved():
    assert checks.diagnose(by_its_curves).state == "proved"


NETWORKS, ADAMS = ("generator", "discriminator"), ("generator_optimizer", "discriminator_optimizer")


def remember(model):
    """Everything that the next step depends on."""
    states = {name: getattr(model, name).state_dict() for name in (*NETWORKS, *ADAMS)}
    return copy.deepcopy({**states, "step": model.step, "random": torch.get_rng_state()})


def live(model):
    """As `remember`, without a copy."""
    return {name: getattr(model, name).state_dict() for name in (*NETWORKS, *ADAMS)} | {"step": model.step, "random": torch.get_rng_state()}


def remember_in_a_buffer(model):
    buffer = io.BytesIO()
    torch.save(live(model), buffer)
    buffer.seek(0)
    return buffer


def restore_from_a_buffer(model, buffer):
    restoring_only(*NETWORKS, *ADAMS, "step", "random")(model, torch.load(buffer, weights_only=True))


def restore_from_a_copy(model, saved):
    copied, random = saved
    restoring_only(*NETWORKS, *ADAMS, "step", "random")(model, live(copied) | {"random": random})


def restoring_only(*names):
    def restore(model, saved):
        for name in names:
            if name == "step":
                model.step = saved["step"]
            elif name == "random":
                torch.set_rng_state(saved["random"])
            else:
                getattr(model, name).load_state_dict(saved[name])

    return restore


@pytest.mark.parametrize(
    ("check", "answers", "words"),
    [
        *((checks.train_step, [step_from(source)], words) for source, words in WRONG_STEPS),
        (checks.slow_down, [halved_rate_of_the_optimizer], "train() resets it"),
        (checks.slow_down, [halved_gradients], "Adam divides each gradient"),
        (checks.slow_down, [halved_rates_of_both], "G moves 0.50 times"),
        (checks.slow_down, [halved_weights], "D's weights have changed"),
        (checks.slow_down, [quartered_rate], "0.25 times as far"),
        (checks.diagnose, [by_l1], "L1 cannot tell them apart"),
        (checks.diagnose, [by_a_falling_loss], "each is the other's opponent"),
        (checks.diagnose, [healthy_if(lambda run: abs(run[-1].discriminator - 0.69) < 0.05)], "flat since the first step"),
        (checks.diagnose, [healthy_if(lambda run: max(run[-1][:2]) < 0.6)], "G works for D"),
        (checks.diagnose, [healthy_if(lambda run: run[-1].adversarial < 0.35 and run[-1].discriminator > 0.7)], "teaching it to be wrong"),
        (checks.diagnose, [healthy_if(lambda run: run[0].discriminator > 1.2)], "its chance is 1.39"),
        (checks.diagnose, [lambda run: "fine"], "'fine' is none of"),
        (checks.diagnose, [mixing_two_up], "is called 'D never updated'. It ends with"),
        (checks.resume, [remember, restoring_only()], "neither network's weights come back"),
        (checks.resume, [remember, restoring_only("generator", "step", "random")], "only G comes back"),
        (checks.resume, [remember, restoring_only("discriminator", "step", "random")], "G does not"),
        (checks.resume, [remember, restoring_only(*NETWORKS)], "the optimizers are not"),
        (checks.resume, [remember, restoring_only(*NETWORKS, "generator_optimizer", "step", "random")], "D's is not"),
        (checks.resume, [remember, restoring_only(*NETWORKS, "discriminator_optimizer", "step", "random")], "G's is not"),
        (checks.resume, [remember, restoring_only(*NETWORKS, *ADAMS, "random")], "model.step is back at 0"),
        (checks.resume, [remember, restoring_only(*NETWORKS, *ADAMS, "step")], "dropout now draws other random numbers"),
        (checks.resume, [live, restoring_only(*NETWORKS, *ADAMS, "step", "random")], "returns the live tensors"),
        (checks.resume, [live, restoring_only("generator")], "returns the live tensors"),
    ],
)
def test_each_wrong_answer_gets_its_own_diagnosis(check, answers, words):
    verdict = check(*answers)
    assert verdict.state == "not yet"
    assert words in verdict.message, verdict


@pytest.mark.parametrize(
    "halves",
    [
        (remember, restoring_only(*NETWORKS, *ADAMS, "step", "random")),
        (remember_in_a_buffer, restore_from_a_buffer),
        (lambda model: (copy.deepcopy(model), torch.get_rng_state()), restore_from_a_copy),
    ],
    ids=["dictionary", "file", "copy"],
)
def test_a_checkpoint_may_have_any_form(halves):
    verdict = checks.resume(*halves)
    assert verdict.state == "proved", verdict


# --- faulty runs --------------------------------------------------------------------------------------------------------------------


def ends(name):
    return as_table(short_run(FAULTS[name].step)[1])[-20:].mean(dim=0).tolist()


def starting_l1(name):
    return as_table(short_run(FAULTS[name].step, steps=3)[1])[:, 2].mean().item()


def test_a_short_run_with_the_librarys_step_is_the_healthy_one():
    assert short_run()[1] == short_run(FAULTS["healthy"].step)[1]


def test_each_fault_shows_its_sign():
    chance = 0.6931
    d, g, _ = ends("healthy")
    assert 0.5 < d < chance < g
    d, g, _ = ends("one optimizer for both")
    assert (d, g) == pytest.approx((0.837, 0.288), abs=0.03)  # D gives fakes the probability 3/4
    d, g, _ = ends("labels flipped for G")
    assert max(d, g) < 0.6
    assert as_table(short_run(FAULTS["D never updated"].step)[1])[:, :2].std(dim=0).max() < 0.01
    d, g, _ = ends("sigmoid twice")
    assert d > 0.503
    assert 0.313 < g < chance
    assert ends("sum instead of mean")[0] > 1.0
    assert starting_l1("L1 to the input") > 1.2 * starting_l1("healthy")
    assert ends("L1 to the input")[1] > 1.15 * ends("healthy")[1]
    assert ends("learning rate x 100")[2] > 2 * ends("healthy")[2]


def test_the_mystery_runs_hold_each_fault_once():
    runs = mystery_runs(6)
    assert list(runs) == list("ABCDEFGH")
    assert sorted(run.name for run in runs.values()) == sorted(FAULTS)


# --- figures and widgets ------------------------------------------------------------------------------------------------------------


def test_the_running_mean_is_the_mean_of_the_last_steps():
    values = torch.arange(36.0)
    for window, chosen in ((3, None), (10, 10)):
        means = [values[max(0, i + 1 - window) : i + 1].mean().item() for i in range(36)]
        assert running_mean(values, chosen).tolist() == pytest.approx(means)


def test_the_caption_of_the_gradient_flow_names_what_the_gradient_reaches():
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


def test_a_guess_is_answered_with_the_sign_of_the_guessed_fault():
    letters = {run.name: letter for letter, run in mystery_runs(6).items()}
    for name, fault in FAULTS.items():
        assert f"Yes: {name}. How to recognise it: {fault.sign}" in widgets.draw_run(letters[name], name, steps=6)[1]
    assert "No: healthy." in widgets.draw_run(letters["sigmoid twice"], "healthy", steps=6)[1]
    alt = widgets.draw_run("A", steps=6)[1]
    assert re.search(r"D's loss from \d\.\d\d to \d\.\d\d, G's from", alt)
    assert not any(name in alt for name in FAULTS)


def test_every_control_redraws_its_figure():
    for box, control, value in (
        (widgets.explore_gradient_flow(), 0, "G, L1"),
        (widgets.explore_factor(), 0, "SGD"),
        (widgets.explore_mystery_runs(6), 0, "B"),
    ):
        row, picture, _ = box.children
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


def test_each_widget_answers_with_a_caption_that_follows_its_controls(record_property):
    draws = {
        "gradient flow": lambda i: widgets.draw_gradient_flow(widgets.LOSSES[i % 3], detach=False),
        "factor": lambda i: widgets.draw_factor("Adam", widgets.FACTORS[i % 5]),
        "mystery runs": lambda i: widgets.draw_run("ABCDEFGH"[i % 8], steps=6),
    }
    measure(record_property, draws)


# --- the monitor --------------------------------------------------------------------------------------------------------------------


def watched(model, until, step=train_step, **settings):
    return monitoring.monitor(train(model, small_batches(), until, OBJECTIVE, step=step), model, small_pairs(), until, **settings)


def test_a_watched_training_has_the_same_losses_as_an_unwatched_one(monkeypatch):
    monkeypatch.setattr(monitoring, "display", lambda _: None)
    monkeypatch.setattr(monitoring, "SHARE_OF_TIME", 1e9)  # draw at each step
    alone = list(train(small_model(), small_batches(), 6, OBJECTIVE))
    assert list(watched(small_model(), 6, seconds=0.0)) == alone


def test_an_interrupt_lets_the_step_finish_and_the_monitor_says_how_to_continue(monkeypatch):
    boxes = []
    monkeypatch.setattr(monitoring, "display", boxes.append)
    before, model = signal.getsignal(signal.SIGINT), small_model()

    def step_with_an_interrupt(*batch):
        if model.step == 3:
            assert "interrupt the kernel (the stop button) to stop after this step" in boxes[0].children[0].value
            signal.raise_signal(signal.SIGINT)
        return train_step(*batch)

    assert len(list(watched(model, 20, step_with_an_interrupt))) == model.step == 4
    assert signal.getsignal(signal.SIGINT) is before
    progress, picture = boxes[0].children
    assert "step 4 of 20: stopped after a whole step; run this cell again to continue" in progress.value
    assert "After step 4, mean of the last 4 steps: D" in picture.value
    assert len(list(watched(model, 20))) == 16
    assert "step 20 of 20: done" in boxes[1].children[0].value


def test_when_a_watched_training_diverges_the_last_sentence_is_the_one_about_that(tmp_path, monkeypatch):
    monkeypatch.setattr(monitoring, "display", lambda _: None)
    settings = Settings(size=32, depth=3, width=4, patch=16, steps=20, count=4)
    model = loop.resume(settings, tmp_path)
    with torch.no_grad():
        next(model.generator.parameters()).fill_(torch.nan)
    with pytest.raises(ValueError, match="diverged"):
        list(monitoring.monitor(loop.run(model, settings, tmp_path), model, small_pairs(), settings.steps))


def test_the_monitor_speaks_the_language_of_the_reader(monkeypatch):
    boxes = []
    monkeypatch.setattr(monitoring, "display", boxes.append)
    monkeypatch.setenv("PIX2PIX_LANGUAGE", "zh")
    list(watched(small_model(), 2))
    assert "第 2 步，共 2 步: 完成" in boxes[0].children[0].value


def test_a_run_that_is_stopped_in_the_monitor_saves_its_last_step(tmp_path, monkeypatch):
    monkeypatch.setattr(monitoring, "display", lambda _: None)
    settings = Settings(size=32, depth=3, width=4, patch=16, steps=20, count=4)
    model = loop.resume(settings, tmp_path)
    steps = loop.run(model, settings, tmp_path, save_every=100)  # a name that holds the run when the cell has ended
    for _ in monitoring.monitor(steps, model, small_pairs(), settings.steps):
        if model.step == 3:
            signal.raise_signal(signal.SIGINT)
    assert model.step == loop.saved_step(tmp_path) == 3


def first_step_drawn(figure):
    """The step at which each of the two curves begins."""
    return {line.get_xdata()[0] for axes in figure.axes[:2] for line in axes.lines if len(line.get_xdata()) > 2}


@pytest.fixture
def drawn(monkeypatch):
    """The figures that monitors draw, each with its alt text."""
    figures, draw = [], monitoring.draw_training
    monkeypatch.setattr(monitoring, "draw_training", lambda *what: figures.append(draw(*what)) or figures[-1])
    monkeypatch.setattr(monitoring, "display", lambda _: None)
    return figures


def test_the_curve_goes_on_when_the_cell_is_run_again(drawn):
    model, history = small_model(), []
    for until in (30, 50, 50):  # the last time, nothing is left to do
        for losses in watched(model, until, earlier=history):
            history.append(losses)
        figure, alt = drawn[-1]
        assert first_step_drawn(figure) == {1}
        assert {len(line.get_xdata()) for line in figure.axes[1].lines} == {until}
        assert alt.startswith(f"After step {until}, ")
    assert len(history) == 50


def test_the_losses_of_another_training_are_not_drawn(drawn):
    history = list(watched(small_model(), 30))
    list(watched(small_model(), 20, earlier=history))
    assert {len(line.get_xdata()) for line in drawn[-1][0].axes[1].lines} == {20}


def test_the_losses_of_a_run_in_a_folder_are_read_up_to_a_step_back_to_the_last_gap(tmp_path):
    rows = [(number, torch.tensor([number, 0.5, 0.25])) for number in (1, 2, 4, 5, 6)]
    write_losses(tmp_path, [(number, losses.unbind()) for number, losses in rows])
    assert losses_so_far(tmp_path, 5) == [Losses(4.0, 0.5, 0.25), Losses(5.0, 0.5, 0.25)]
    assert [row.discriminator for row in losses_so_far(tmp_path, 2)] == [1.0, 2.0]
    assert losses_so_far(tmp_path, 0) == losses_so_far(tmp_path / "no run", 3) == []
    (tmp_path / "losses.csv").write_text("damaged")
    assert losses_so_far(tmp_path, 5) == []


def test_a_second_interrupt_is_obeyed_at_once():
    stop = threading.Event()
    with monitoring.interrupt_sets(stop):
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


CELLS = (
    """
from pix2pix_edu.classroom.small_runs import *
from pix2pix_edu.classroom.monitor import monitor
from pix2pix_edu.training import train
torch.set_num_threads(1)
model, history = small_model(), []
""",
    """
for losses in monitor(train(model, small_batches(), 5000, OBJECTIVE), model, small_pairs(), 5000, seconds=0.2):
    history.append(losses)
print("stopped", model.step == len(history) < 5000)
""",
    "print('next', len(history) == model.step)",
)


@pytest.mark.filterwarnings("ignore")
def test_in_a_real_kernel_an_interrupted_training_stops_after_a_whole_step_and_the_next_cell_runs():
    manager, client = jupyter_client.manager.start_new_kernel(kernel_name="python3")
    try:
        for cell in CELLS:  # all are queued at once, as by "run all"
            client.execute(cell)
        messages, printed = iter(lambda: client.get_iopub_msg(timeout=60), None), []
        next(message for message in messages if message["msg_type"] == "comm_msg" and "<img" in json.dumps(message["content"]))
        manager.interrupt_kernel()  # it has trained, and shown a picture
        while "next True" not in printed:
            printed += next(messages)["content"].get("text", "").strip().splitlines()
        assert printed == ["stopped True", "next True"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_the_gradient_of_a_loss_is_a_vector_over_all_weights_with_zeros_where_none_arrives():
    model, (x, _) = small_model(), small_batches()[0]
    G, D = model.generator, model.discriminator
    loss = real_loss(D(x, G(x).detach()))
    assert gradient_of(loss, D).shape == weights(D).shape
    assert gradient_of(loss, D).abs().sum() > 0
    assert gradient_of(loss, G).abs().sum() == 0
    before = weights(G)
    with torch.no_grad():
        next(G.parameters()).add_(1.0)
    assert not torch.equal(before, weights(G))  # it was a copy


def test_the_step_with_the_old_verdict_is_the_usual_one_for_a_d_that_does_not_move():
    still = {}
    for step in (train_step, old_verdict_step):
        with own_random_numbers(0):
            model = small_model()
            model.discriminator_optimizer.param_groups[0]["lr"] = 0.0
            losses = step(model, *small_batches()[0], OBJECTIVE)
        still[step] = (*losses, weights(model.generator))
    for one, other in zip(*still.values(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_the_step_with_the_old_verdict_does_not_ask_the_updated_d_for_its_verdict():
    ends = {}
    for step in (train_step, old_verdict_step):
        with own_random_numbers(0):
            model = small_model()
            for group in model.discriminator_optimizer.param_groups:
                group["lr"] = 0.1
            ends[step] = step(model, *small_batches()[0], OBJECTIVE).adversarial.item()
    assert abs(ends[old_verdict_step] - math.log(2)) < 0.1 < abs(ends[train_step] - math.log(2))
