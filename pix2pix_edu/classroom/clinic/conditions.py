"""The faults that a training can have: how each faulty run differs from the healthy one, how its log shows it, and what helps."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor, nn

from pix2pix_edu.classroom.clinic import signs
from pix2pix_edu.classroom.clinic.signs import Log, growth, mean_of_end, mean_of_start
from pix2pix_edu.classroom.wrong_steps import altered_step, forgetful_step, generator_only_step, joint_step, shared_optimizer_step
from pix2pix_edu.objective import fake_loss, real_loss
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.training import Pix2Pix, Step, train_step


def normalise_bottleneck(model: Pix2Pix) -> None:
    """Add a norm of each picture by itself on the innermost map: where that map is 1x1, every value is its own mean."""
    innermost = model.generator.down[-1]
    innermost.insert(1, nn.GroupNorm(innermost[0].out_channels, innermost[0].out_channels))


@dataclass(frozen=True)
class Condition:
    """A diagnosis: its sign in the log, its remedy, what its pictures look like, and what differs from the healthy run."""

    shows: Callable[[Log], bool]
    sign: str
    remedy: str
    pictures: str
    doubt: str = ""  # other causes of the same curves
    alike: tuple[str, ...] = ()  # diagnoses with the same sign
    settings: Callable[[Settings], Settings] = lambda settings: settings
    model: Callable[[Pix2Pix], object] = lambda model: None
    pair: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = lambda x, y: (x, y)
    step: Step = train_step


SICK = {
    "D learns too fast for G": Condition(
        shows=lambda log: signs.d_wins(log) and growth(log.generator_gradient) > 2.0,
        sign="D's loss falls towards 0 and G's rises: D gives y a probability near 1 and the fake one near 0. G's gradient becomes longer "
        "instead of shorter, but G does not improve. Even L1 falls less than in a healthy run.",
        remedy="a lower learning rate for D or a higher one for G (here D's was ten times too high, G's ten times too low).",
        pictures="Blurred houses in wrong colours, with a grid and hard stripes: far behind a healthy run after as many steps.",
        doubt="The curves do not show which of the two rates is wrong. Look at L1: it falls even without D, if G can learn.",
        settings=lambda settings: replace(settings, lr=0.1 * settings.lr, discriminator_lr=10.0 * settings.discriminator_lr),
    ),
    "L1 alone teaches G": Condition(
        shows=lambda log: signs.d_wins(log) and growth(log.generator_gradient) < 1.2 and mean_of_start(log.l1) < 0.48,
        sign="D's loss falls and G's adversarial loss rises here too, but G's gradient stays short, and L1 falls further than in a healthy "
        "run. D's output has no effect on G.",
        remedy="add the adversarial loss to the loss of G: a gan_weight of 0, or D(x, fake.detach()) in G's loss, leaves it out.",
        pictures="Soft houses, and every window the same pale blur: no loss rewards sharp edges.",
        doubt="A missing adversarial loss and a fake that is also detached in G's loss give the same curves.",
        settings=lambda settings: replace(settings, loss="L1"),
    ),
    "lambda is 0": Condition(
        shows=lambda log: mean_of_start(log.generator_gradient) < 0.5 and growth(log.l1) > 0.75,
        sign="L1 falls less than half as far as in a healthy run, and from the first step G's gradient is many times shorter "
        "than there, where most of it comes from L1.",
        remedy="set l1_weight, the paper's lambda: 100 at the paper's image size.",
        pictures="Houses in glaring colours, with dots over sky and walls: D asks for contrast, and no loss compares G(x) with the target.",
        settings=lambda settings: replace(settings, loss="cGAN"),
    ),
    "no detach, one backward": Condition(
        shows=signs.both_called_real_without_growth,
        sign="D's loss rises above chance and G's falls to about 0.3: D gives y and the fake a high probability. One backward() of the sum "
        "trains every weight, so G's loss also trains D to give the fake a high probability, with weight 1 against 1/2 in D's own loss. "
        "Where D learns to recognise y, the fake's probability stays at 2/3.",
        remedy="two losses, two descents: detach the fake in D's loss, and let G's loss change only G's weights.",
        pictures="As with L1 alone: a D that gives everything a high probability gives G no useful gradient.",
        doubt="With one optimizer for both, G's loss also trains D. Here D learned to recognise y in only one of these two runs, "
        "but that is no sign: read the code.",
        alike=("one optimizer for both",),
        step=joint_step,
    ),
    "one optimizer for both": Condition(
        shows=signs.both_called_real_without_growth,
        sign="D's loss rises to 0.83 and G's falls to 0.30, the losses of a D that gives everything a probability of 3/4. "
        'D\'s own loss has weight 1/2 for "real" and 1/2 for "fake"; G\'s loss, which trains D too, adds weight 1 for "real".',
        remedy="an optimizer for each network, which holds the weights of that network and no others.",
        pictures="As with L1 alone: a D that gives everything a high probability gives G no useful gradient.",
        doubt="One backward() of the sum of both losses also lets G's loss train D: no curve shows which of the two it was. Read the code.",
        alike=("no detach, one backward",),
        step=shared_optimizer_step,
    ),
    "no zero_grad": Condition(
        shows=lambda log: signs.both_called_real(log) and growth(log.generator_gradient) > 1.3,
        sign="The losses look as with one optimizer for both networks, but swing slowly up and down. After a few steps the gradients are "
        "five times too long, and G's keeps growing: each is the sum of all before it.",
        remedy="zero_grad() before each backward(), or descend(), which always calls it.",
        pictures="Glaring colours: a turquoise sky, green windows, red shops. Each step still follows the gradients of much earlier steps.",
        step=forgetful_step,
    ),
    "photos in [0, 1]": Condition(
        shows=lambda log: mean_of_start(log.l1) > 0.44 and mean_of_end(log.l1) < 0.18,
        sign="L1 starts high, because the first fakes are near 0: grey in G's range, black in the range of these photos. It ends at half "
        "its usual value, because that range is half as wide. The adversarial losses are as in a healthy run.",
        remedy="y = 2 * photo - 1, so that y and tanh share the range [-1, 1].",
        pictures="Pale: the network has learned its photos well, but they are not in the range that is displayed.",
        doubt="Only the scale is wrong: displayed as [0, 1], these fakes are good pictures.",
        pair=lambda x, y: (x, (y + 1.0) / 2.0),
    ),
    "label maps in 0 ... 255": Condition(
        shows=signs.stays_at_chance,
        sign="D gives everything a probability of one half, to three digits, and its gradient is nearly 0, although D is updated: "
        "next to numbers up to 255, a picture in [-1, 1] hardly changes its output. G's gradient starts more than ten times too long.",
        remedy="x = bytes / 127.5 - 1: all inputs that are concatenated for a network need the same range.",
        pictures="Soft as with L1 alone, and duller: a D whose output does not depend on the picture gives G no useful gradient.",
        doubt="A loss near 0.69 may be a balance, a D that ignores the picture or one that is not updated; only the gradients show which.",
        pair=lambda x, y: (127.5 * (x + 1.0), y),
    ),
    "labels flipped for G": Condition(
        shows=lambda log: signs.both_losses_fall(log) and mean_of_end(log.on_real) > mean_of_end(log.on_fake),
        sign="Both losses fall, although one side's gain should be the other's loss: here G makes its fakes easier to recognise. "
        "D is right: it gives y a high probability and the fake a low one.",
        remedy='G\'s target is "real": real_loss(D(x, fake)).',
        pictures="Soft as with L1 alone, with a dotted line along the upper edge: a mark by which D recognises G's pictures.",
        step=altered_step(wanted=fake_loss),
    ),
    "labels flipped for D": Condition(
        shows=lambda log: signs.both_losses_fall(log) and mean_of_end(log.on_real) < mean_of_end(log.on_fake),
        sign="Both losses fall, as with flipped labels for G, but D gives y a low probability and the fake a high one: "
        "a high probability for the fake is what both networks are trained for.",
        remedy="real_loss belongs to D(x, y), fake_loss to D(x, fake).",
        pictures="Soft as with L1 alone, with a dotted line along the upper edge: for this mark D gives a high probability.",
        doubt="The two flips have the same losses; only D's probabilities for y and for the fake tell them apart.",
        step=altered_step(real=fake_loss, fake=real_loss),
    ),
    "sigmoid twice": Condition(
        shows=signs.probabilities_squeezed,
        sign="G's loss starts near 0.5 instead of 0.69, D's never falls below 0.50, and no probability is below one half: "
        "the sigmoid of a number between 0 and 1 is between 0.5 and 0.73.",
        remedy="no sigmoid in D: the loss has one (or a sigmoid in D, and a loss on probabilities).",
        pictures="Soft, nearly as with L1 alone: D cannot give a fake a low probability.",
        model=lambda model: model.discriminator.register_forward_hook(lambda module, inputs, logits: logits.sigmoid()),
    ),
    "dead bottleneck": Condition(
        shows=lambda log: log.innermost_gradient.max().item() < 1e-3 * log.generator_gradient.mean().item(),
        sign="The losses and D's probabilities are as in a healthy run. Only one curve differs: from the first step, the gradient in G's "
        "innermost layer is a mere rounding error, less than a ten-thousandth of G's. A norm over a map of 1 x 1 turns each value into 0.",
        remedy="no norm where the map is 1 x 1: the paper's authors leave it out there.",
        pictures="As good as in a healthy run: the skips carry the picture past the dead level.",
        doubt="From the three losses alone nobody can tell this run from a healthy one.",
        settings=lambda settings: replace(settings, depth=settings.depth + 1),
        model=normalise_bottleneck,
    ),
    "pairs torn apart": Condition(
        shows=signs.l1_stops_early,
        sign="The adversarial losses are as in a healthy run, but L1 hardly falls: x contains no information about its y.",
        remedy="shuffle pairs, never x and y separately; look at a batch before you train.",
        pictures="Nearly the same blurred house for each x, floors over a shop under a dusky sky, whatever the label map shows.",
        doubt="A G that is too small, or a task without an answer, has such an L1 too: look at the pairs.",
        pair=lambda x, y: (x, y.roll(1, 0)),
    ),
    "learning rates x 100": Condition(
        shows=lambda log: mean_of_start(log.discriminator) > 0.8 and mean_of_start(log.l1) > 0.5,
        sign="The first steps throw all curves far off, D's loss well above chance; then L1 stays above where a healthy run begins.",
        remedy="lower rates; if curves jump in the first ten steps, ten times lower at once.",
        pictures="Glaring dots in place of sky and walls. Only the outlines of the houses are right.",
        settings=lambda settings: replace(settings, lr=100.0 * settings.lr, discriminator_lr=100.0 * settings.discriminator_lr),
    ),
    "D never updated": Condition(
        shows=lambda log: log.discriminator_gradient.max().item() == 0,
        sign="Both losses are flat from the first step, near chance, and D's gradient is 0. A balance comes after ups and downs; "
        "here D does not learn.",
        remedy="D's loss needs a backward() and a step of its own optimizer.",
        pictures="As with L1 alone: an untrained D gives G no useful gradient.",
        step=generator_only_step,
    ),
    "one batch for ever": Condition(
        shows=lambda log: mean_of_start(log.l1) < 0.44 and growth(log.l1) < 0.5,
        sign="L1 falls far below where a healthy run ends: G has memorised its pairs. In the end its fakes are so like y "
        "that D can only guess.",
        remedy="look at the loader: the same few pairs come again and again. Test on pairs that were never trained on.",
        pictures="Noisy walls, and pieces of the memorised houses in the wrong places.",
        settings=lambda settings: replace(settings, count=settings.batch_size),
    ),
}

CONDITIONS = {
    "healthy": Condition(
        shows=lambda log: not any(condition.shows(log) for condition in SICK.values()),
        sign="D's loss settles a little below chance and G's a little above it, and both fluctuate to the end. D is right a little more "
        "often than not, L1 falls fast and then slowly, and G's gradient nearly keeps its length.",
        remedy="none: train on.",
        pictures="Houses with bricks or boards, windows and a shop, and a fine grid over them: 400 steps are few.",
        doubt="A dead bottleneck has such losses too: only its gradient shows it.",
    ),
    **SICK,
}
