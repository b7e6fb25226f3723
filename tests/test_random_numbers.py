import torch

from pix2pix_edu.random_numbers import own_random_numbers


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
