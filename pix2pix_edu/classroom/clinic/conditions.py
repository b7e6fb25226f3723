"""What can ail a training: how each sick run differs from the healthy one, how its log shows it, and what helps."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor, nn

from pix2pix_edu.classroom.clinic import signs
from pix2pix_edu.classroom.clinic.signs import Log
from pix2pix_edu.classroom.wrong_steps import altered_step, forgetful_step, generator_only_step, joint_step, shared_optimizer_step
from pix2pix_edu.objective import fake_loss, real_loss
from pix2pix_edu.run.settings import Settings
from pix2pix_edu.training import Pix2Pix, Step, train_step


def rates(settings: Settings, generator: float, discriminator: float) -> Settings:
    """The learning rates so many times as high."""
    return replace(settings, lr=generator * settings.lr, discriminator_lr=discriminator * settings.discriminator_lr)


def normalise_bottleneck(model: Pix2Pix) -> None:
    """A norm of each picture by itself on the innermost map: where that map is 1x1, every value is its own mean."""
    innermost = model.generator.down[-1]
    innermost.insert(1, nn.GroupNorm(innermost[0].out_channels, innermost[0].out_channels))


def end_in_sigmoid(model: Pix2Pix) -> None:
    """D hands out probabilities; the losses expect logits."""
    model.discriminator.register_forward_hook(lambda module, inputs, logits: logits.sigmoid())


@dataclass(frozen=True)
class Condition:
    """A diagnosis: by which sign the log shows it, what helps, what its pictures look like, and what differs from the healthy run."""

    shows: Callable[[Log], bool]
    sign: str
    remedy: str
    pictures: str
    doubt: str = ""  # what the same curves may come from as well
    alike: tuple[str, ...] = ()  # diagnoses that the sign does not tell from this one
    settings: Callable[[Settings], Settings] = lambda settings: settings
    model: Callable[[Pix2Pix], object] = lambda model: None
    pair: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = lambda x, y: (x, y)
    step: Step = train_step


SICK = {
    "D learns too fast for G": Condition(
        shows=signs.d_wins_and_g_struggles,
        sign="D's loss sinks towards 0 and G's climbs, D is sure of y and of the fake, and G's gradient becomes longer instead of shorter: "
        "G is told ever louder that it fails, and comes no further. Even L1 falls less than in health.",
        remedy="a lower learning rate for D or a higher one for G (here D's was ten times too high, G's ten times too low).",
        pictures="A grid with traces of a house in it: far behind a healthy run of as many steps.",
        doubt="The curves do not say which of the two rates is wrong; a look at L1 helps: it falls even without D, if G can learn.",
        settings=lambda settings: rates(settings, 0.1, 10.0),
    ),
    "L1 alone teaches G": Condition(
        shows=signs.d_wins_unopposed,
        sign="D wins as well, but G takes no notice: its gradient stays as short as ever, and L1 falls further than in health. "
        "Nobody plays against D.",
        remedy="add the adversarial loss to what G goes down: a gan_weight of 0, or D(x, fake.detach()) in G's loss, leaves it out.",
        pictures="Smooth and grey: nobody asked for sharpness.",
        doubt="A forgotten term and a fake that is detached in G's loss as well give the same curves.",
        settings=lambda settings: replace(settings, loss="L1"),
    ),
    "lambda is 0": Condition(
        shows=signs.l1_does_not_count,
        sign="L1 ends where it began, and G's gradient is many times shorter than in health from the first step on: "
        "the larger part of it was L1's.",
        remedy="give L1 its weight: l1_weight is the paper's lambda, 100 at its size.",
        pictures="Hard edges and loud colours in a grid: D asks for contrast, and nobody for the colours of the target.",
        settings=lambda settings: replace(settings, loss="cGAN"),
    ),
    "no detach, one backward": Condition(
        shows=signs.d_taught_by_g,
        sign="D's loss rises above chance and G's falls to a third: D says real of y and of the fake. One sum moves every weight, "
        "so G's part of it asks D to call the fake real: a whole vote against D's half. Where D learns to see y, the fake keeps 2/3.",
        remedy="two losses, two descents: detach the fake for D's, and let G's move G's weights alone.",
        pictures="As with L1 alone: a D that says yes to everything teaches nothing.",
        doubt="With one optimizer for both, G's loss moves D as well. That D learns to see y in one run of each is no sign: read the code.",
        alike=("one optimizer for both",),
        step=joint_step,
    ),
    "one optimizer for both": Condition(
        shows=signs.d_taught_by_g,
        sign="D's loss rises to 0.83 and G's falls to 0.30: so much it costs to say real with probability 3/4 to everything. "
        "D's own loss gives half a vote to each side, and G's, which moves D as well, a whole one to real.",
        remedy="an optimizer for each network, which holds the weights of that network and no others.",
        pictures="As with L1 alone: a D that says yes to everything teaches nothing.",
        doubt="In one sum with one backward, G's loss moves D as well: no curve says which of the two it was. Read the code.",
        alike=("no detach, one backward",),
        step=shared_optimizer_step,
    ),
    "no zero_grad": Condition(
        shows=signs.gradients_pile_up,
        sign="The losses lie as if one optimizer moved both, but swing slowly to and fro, and the gradients are five times too long after "
        "a few steps, and G's grows: each is the sum of all before it.",
        remedy="zero_grad() before each backward(), or descend(), which never forgets it.",
        pictures="Flat walls, and windows with glaring rims: each step goes down slopes of long ago.",
        step=forgetful_step,
    ),
    "photos in [0, 1]": Condition(
        shows=signs.l1_in_other_units,
        sign="L1 starts high, for fakes near 0 are grey to G and black to these photos, and ends at half of what is usual: "
        "its unit is half as large. The game is played as in health.",
        remedy="y = 2 * photo - 1, so that y and tanh share the range [-1, 1].",
        pictures="Pale: the network has learnt its photos well, and they are not what the screen expects.",
        doubt="Nothing is sick but the scale; whoever shows such fakes as [0, 1] sees good pictures.",
        pair=lambda x, y: (x, (y + 1.0) / 2.0),
    ),
    "label maps in 0 ... 255": Condition(
        shows=signs.d_is_blind,
        sign="D says one half to everything, to three digits, and its gradient has all but died, although it is updated: "
        "beside numbers up to 255 it does not see a picture in [-1, 1]. G's gradient starts twenty times too long.",
        remedy="x = bytes / 127.5 - 1: all that is laid side by side for a network has the same range.",
        pictures="As with L1 alone: a blind D teaches nothing.",
        doubt="Near 0.69 a curve may be a balance, a blind D or a frozen one; only the gradients tell.",
        pair=lambda x, y: (127.5 * (x + 1.0), y),
    ),
    "labels flipped for G": Condition(
        shows=signs.both_win,
        sign="Both losses fall. In a game somebody has to lose: here G helps D to recognise it. "
        "What D says is right, of y high, of the fake low.",
        remedy='G wants the verdict "real": real_loss(D(x, fake)).',
        pictures="Smooth and grey, with a faint pattern in it: G marks its pictures, so that D knows them.",
        step=altered_step(wanted=fake_loss),
    ),
    "labels flipped for D": Condition(
        shows=signs.both_win_upside_down,
        sign="Both losses fall, as with flipped labels for G; but D calls y fake and the fake real. "
        "G wants to be called real, and D was taught to do so.",
        remedy="real_loss belongs to D(x, y), fake_loss to D(x, fake).",
        pictures="Smooth and grey, with a faint pattern in it: G marks its pictures, so that D takes them for what it calls real.",
        doubt="The two flips have the same losses; only what D says of y and of the fake tells them apart.",
        step=altered_step(real=fake_loss, fake=real_loss),
    ),
    "sigmoid twice": Condition(
        shows=signs.d_is_squeezed,
        sign="G's loss starts near 0.48 instead of 0.69, D's never falls below 0.50, and D gives nothing less than one half: "
        "a probability between 0 and 1, taken for a logit, ends between 0.5 and 0.73.",
        remedy="no sigmoid in D: the loss has one (or a sigmoid in D, and a loss on probabilities).",
        pictures="Smooth, nearly as with L1 alone: D can hardly say no.",
        model=end_in_sigmoid,
    ),
    "dead bottleneck": Condition(
        shows=signs.nothing_innermost,
        sign="Losses as in health, and what D says too. One curve tells: from the first step on, no more than a rounding error, "
        "a ten-thousandth of G's gradient, comes to G's innermost layer. A norm over a map of 1 x 1 turns each value into 0.",
        remedy="no norm where the map is 1 x 1: the paper's authors leave it out there.",
        pictures="Much as in health: the skips carry the picture past the dead level.",
        doubt="From the three losses alone nobody can tell this run from a healthy one.",
        settings=lambda settings: replace(settings, depth=settings.depth + 1),
        model=normalise_bottleneck,
    ),
    "pairs torn apart": Condition(
        shows=signs.l1_stands_still,
        sign="The game goes on as in health, but L1 hardly falls, and climbs again: no x says anything about its y.",
        remedy="shuffle pairs, never x and y on their own; look at a batch before you train.",
        pictures="Nearly the same building for each x: three floors over a shop, whatever the label map says.",
        doubt="A G that is too small, or a task with no answer, has such an L1 as well: look at the pairs.",
        pair=lambda x, y: (x, y.roll(1, 0)),
    ),
    "learning rates x 100": Condition(
        shows=signs.thrown_about,
        sign="The first steps throw all curves far off, D's loss well above chance; then L1 stays above where a healthy run begins.",
        remedy="lower rates; where curves jump in the first ten steps, by a factor of ten at once.",
        pictures="Glaring stripes and dots in the places of windows.",
        settings=lambda settings: rates(settings, 100.0, 100.0),
    ),
    "D never updated": Condition(
        shows=signs.d_stands_still,
        sign="Both losses are flat from the first step on, near chance, and D's gradient is 0. A balance comes after a struggle; "
        "here nobody plays.",
        remedy="D's loss needs a backward() and a step of its own optimizer.",
        pictures="As with L1 alone: an unschooled D teaches nothing.",
        step=generator_only_step,
    ),
    "one batch for ever": Condition(
        shows=signs.l1_too_good,
        sign="L1 falls to less than half of where a healthy run ends: too good to be learnt. The game goes on as in health.",
        remedy="look at the loader: the same few pairs come again and again. Judge on pairs that were never trained on.",
        pictures="Pieces of the buildings that it knows by heart, in the wrong places.",
        settings=lambda settings: replace(settings, count=settings.batch_size),
    ),
}


def none_of_them(log: Log) -> bool:
    """No sign of any sickness."""
    return not any(condition.shows(log) for condition in SICK.values())


CONDITIONS = {
    "healthy": Condition(
        shows=none_of_them,
        sign="D settles a little below chance and G a little above it, both restless to the end; D is right a little more often than not, "
        "L1 sinks fast and then slowly, and the gradients keep their lengths.",
        remedy="none: train on.",
        pictures="Facades with edges and colours of their own, and a fine grid in them: 400 steps are few.",
        doubt="A dead bottleneck has such losses, too: it shows in its gradient alone.",
    ),
    **SICK,
}
