from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F

from pix2pix_edu.generator import Generator
from pix2pix_edu.random_numbers import dropout_from, own_random_numbers


def test_the_random_numbers_after_the_block_are_those_without_it():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    with own_random_numbers(7):
        torch.rand(5)
    assert torch.equal(torch.rand(2), expected)


def test_a_seed_gives_the_same_numbers_in_every_block_and_as_manual_seed():
    draws = []
    for _ in range(2):
        with own_random_numbers(7):
            draws.append(torch.rand(3))
    torch.manual_seed(7)
    assert torch.equal(draws[0], draws[1])
    assert torch.equal(draws[0], torch.rand(3))


def test_without_a_seed_the_block_continues_with_the_numbers_outside():
    torch.manual_seed(5)
    with own_random_numbers():
        inside = torch.rand(3)
    assert torch.equal(inside, torch.rand(3))


def test_a_gpu_that_is_not_in_use_is_not_seeded(monkeypatch):
    for name in ("manual_seed", "manual_seed_all"):
        monkeypatch.setattr(torch.cuda, name, lambda seed: (_ for _ in ()).throw(AssertionError("the GPU was seeded")))
    with own_random_numbers(7):
        torch.rand(1)


def test_dropout_from_a_seed_is_what_it_is_after_the_seed_and_leaves_random_numbers_alone():
    generator, x = Generator(depth=5, width=8), torch.rand(1, 3, 64, 64)
    with own_random_numbers(7), torch.no_grad():
        expected = generator(x)
    before = torch.get_rng_state()
    with dropout_from(7), torch.no_grad():
        found = generator(x)
    assert torch.equal(found, expected)
    assert torch.equal(torch.get_rng_state(), before)
    with dropout_from(8), torch.no_grad():
        assert not torch.equal(generator(x), expected)


def test_dropout_from_a_seed_does_nothing_in_other_threads_nor_where_there_is_no_dropout():
    x = torch.ones(1000)
    with dropout_from(7), ThreadPoolExecutor(1) as other:
        torch.manual_seed(3)
        elsewhere = other.submit(F.dropout, x).result()
        assert F.dropout(x, training=False) is x
    torch.manual_seed(3)
    assert torch.equal(elsewhere, F.dropout(x))
