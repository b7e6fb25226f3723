import io
import tarfile

import pytest
import torch
from PIL import Image

from pix2pix_edu.photos.folders import ParallelPairs, PhotoPairs
from pix2pix_edu.photos.shards import ShardedPairs
from pix2pix_edu.run.fingerprint import fingerprint
from pix2pix_edu.run.settings import Settings, open_pairs
from pix2pix_edu.speed.read_ahead import ReadAhead
from pix2pix_edu.training import Batches


@pytest.fixture
def folder(tmp_path):
    """Ten pairs, JPEG and PNG, as files."""
    torch.manual_seed(0)
    (tmp_path / "files").mkdir()
    for number in range(10):
        picture = Image.fromarray(torch.randint(256, (32, 64, 3), dtype=torch.uint8).numpy())
        picture.save(tmp_path / "files" / f"{number:02d}.{'png' if number % 2 else 'jpg'}")
    return tmp_path / "files"


@pytest.fixture
def shards(tmp_path, folder):
    """The same pairs in two tar files, with members that are no pictures."""
    (tmp_path / "shards").mkdir()
    files = sorted(folder.iterdir())
    for number, part in enumerate((files[:6], files[6:])):
        with tarfile.open(tmp_path / "shards" / f"train-{number}.tar", "w") as tar:
            add(tar, "__index__.txt", b"text")
            add(tar, "._00.png", b"a resource fork")
            for file in part:
                tar.add(file, file.name)
    return tmp_path / "shards"


def add(tar, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def test_the_pairs_of_shards_are_those_of_a_folder_in_the_same_order(folder, shards):
    apart, together = PhotoPairs(folder, size=32, direction="right_to_left"), ShardedPairs(shards, 32, "right_to_left")
    assert len(together) == len(apart) == 10
    for one, other in zip(apart, together, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_training_reads_shards_ahead_to_the_last_bit(folder, shards):
    apart, together = (open_pairs(Settings(pairs=str(place), size=32), "train") for place in (folder, shards))
    assert isinstance(together, ShardedPairs)
    ahead = ReadAhead(Batches(together, 3, crop=16), until=6, workers=2)
    for step in range(6):
        assert all(torch.equal(a, b) for a, b in zip(ahead[step], Batches(apart, 3, crop=16)[step], strict=True))


@pytest.mark.fault
def test_a_changed_shard_changes_the_fingerprint(shards):
    before = fingerprint(ShardedPairs(shards, 32))
    (shards / "train-1.tar").unlink()
    assert fingerprint(ShardedPairs(shards, 32)) != before


@pytest.mark.fault
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a .tar file, or it is damaged"),
        (b"\x1f\x8b" + bytes(600), "unpack it, for it is compressed"),
        (bytes(10240), "hold no images"),
    ],
)
def test_files_that_are_no_shards_get_one_clear_sentence(tmp_path, content, message):
    (tmp_path / "x.tar").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        ShardedPairs(tmp_path, 32)


@pytest.mark.fault
@pytest.mark.parametrize("name", ["broken.png", "deep.png", "narrow.png", "cut short.png"])
def test_a_bad_picture_in_a_shard_is_named_before_work_begins(tmp_path, name):
    file = io.BytesIO()
    Image.new("I;16" if name == "deep.png" else "RGB", (32 if name == "narrow.png" else 64, 32)).save(file, "PNG")
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        add(tar, f"some/{name}", file.getvalue()[: {"broken.png": 20, "cut short.png": -20}.get(name)])
    with pytest.raises(ValueError, match=name) as error:
        ShardedPairs(tmp_path, 32)
    assert "\n" not in str(error.value)


@pytest.mark.fault
@pytest.mark.parametrize("damage", ["a bit in a header", "a header of zeros", "cut between members", "cut after the last picture"])
def test_a_shard_that_breaks_off_is_refused_instead_of_training_on_what_is_before(shards, damage):
    file = shards / "train-0.tar"
    with tarfile.open(file) as tar:
        third = tar.getmembers()[4].offset
    content = file.read_bytes()
    broken = {
        "a bit in a header": content[: third + 20] + bytes([content[third + 20] ^ 4]) + content[third + 21 :],
        "a header of zeros": content[:third] + bytes(512) + content[third + 512 :],
        "cut between members": content[:third],
        "cut after the last picture": content.rstrip(b"\0"),
    }
    file.write_bytes(broken[damage])
    with pytest.raises(ValueError, match=r"train-0\.tar is not a \.tar file, or it is damaged"):
        ShardedPairs(shards, 32)


@pytest.mark.fault
def test_what_is_skipped_or_mixed_in_shards_is_said(tmp_path, folder):
    (tmp_path / "tars").mkdir()
    with tarfile.open(tmp_path / "tars" / "all.tar", "w") as tar:
        for number, file in enumerate(sorted(folder.glob("*.png"))[:2]):
            tar.add(file, f"{('train', 'val')[number]}/{number}.png")
        link = tarfile.TarInfo("train/again.png")
        link.type, link.linkname = tarfile.LNKTYPE, "train/0.png"
        tar.addfile(link)
    left_out, mixed = ShardedPairs(tmp_path / "tars", 32).remarks()
    assert left_out.startswith("In the .tar files, 1 member is skipped (all.tar/train/again.png): only pictures that end in .jpg, ")
    assert mixed == "The .tar files hold the folders train and val, and all their pictures are used alike: make a .tar of each."


@pytest.mark.fault
def test_what_is_said_about_members_cannot_command_the_terminal(tmp_path, folder):
    (tmp_path / "tars").mkdir()
    with tarfile.open(tmp_path / "tars" / "all.tar", "w") as tar:
        tar.add(folder / "01.png", "01.png")
        add(tar, "\x1b[2J\nall is well", b"text")
    (left_out,) = ShardedPairs(tmp_path / "tars", 32).remarks()
    assert left_out.startswith("In the .tar files, 1 member is skipped (all.tar/?[2J?all is well): only")


@pytest.mark.fault
def test_of_pictures_with_one_name_in_a_shard_the_last_one_is_read_and_that_is_said(tmp_path, folder):
    (tmp_path / "tars").mkdir()
    with tarfile.open(tmp_path / "tars" / "all.tar", "w") as tar:
        for name in ("00.jpg", "01.png", "00.jpg"):
            tar.add(folder / ("02.jpg" if "01.png" in tar.getnames() else name), name)
    pairs = ShardedPairs(tmp_path / "tars", 32)
    assert pairs.remarks() == ["In the .tar files, the same name comes again 1 times: of such members the last one is read."]
    assert [pairs.stored(number) for number in range(len(pairs))] == [(folder / name).read_bytes() for name in ("02.jpg", "01.png")]


@pytest.mark.fault
def test_shards_are_not_combined_with_a_folder_of_targets(tmp_path, folder, shards):
    with pytest.raises(ValueError, match="holds .tar files, and those hold both halves of a pair: leave out the folder of targets"):
        ParallelPairs(shards, folder)


@pytest.mark.fault
def test_a_damaged_picture_in_a_shard_is_named_without_an_address_of_python(tmp_path):
    with tarfile.open(tmp_path / "all.tar", "w") as tar:
        member = tarfile.TarInfo("a.png")
        member.size = 9
        tar.addfile(member, io.BytesIO(b"no image!"))
    with pytest.raises(ValueError, match=r"all.tar.a.png cannot be read as an image \(cannot identify image file\): replace or remove it"):
        ShardedPairs(tmp_path, 32)


def header(kind, size, sparse_blocks=0):
    """The header of a member, with a right checksum. `sparse_blocks` says whether more headers follow, which they do not."""
    member = tarfile.TarInfo("a.png")
    member.type, member.size = kind, size
    block = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    block[482] = sparse_blocks
    block[148:156] = b"%06o\0 " % (8 * ord(" ") + sum(block[:148]) + sum(block[156:]))
    return bytes(block)


NONSENSE = {
    "a picture of -512 bytes, which leads back to its own header": header(tarfile.REGTYPE, -512) + bytes(1024),
    "the same with holes": header(tarfile.GNUTYPE_SPARSE, -512) + bytes(1024),
    "a picture of -1 byte": header(tarfile.REGTYPE, -1) + bytes(1024),
    "a name of 2**60 bytes": header(tarfile.GNUTYPE_LONGNAME, 2**60) + bytes(1024),
    "a name of 2**64 bytes": header(tarfile.GNUTYPE_LONGNAME, 2**64) + bytes(1024),
    "two thousand headers of one member": header(tarfile.XGLTYPE, 0) * 2000,
    "holes that are listed after the end": header(tarfile.GNUTYPE_SPARSE, 0, sparse_blocks=1),
    "holes at no number": header(tarfile.XHDTYPE, 20) + b"20 GNU.sparse.map=x\n".ljust(512, b"\0") + header(tarfile.REGTYPE, 0),
}


@pytest.mark.fault
@pytest.mark.parametrize("kind", NONSENSE)
def test_a_shard_with_a_header_that_makes_no_sense_is_refused_at_once_by_name(tmp_path, folder, kind):
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.add(folder / "01.png", "01.png")
        end = tar.offset
    whole = (tmp_path / "x.tar").read_bytes()
    (tmp_path / "x.tar").write_bytes(whole[:end] + NONSENSE[kind])
    with pytest.raises(ValueError, match=r"x\.tar is not a \.tar file, or it is damaged \(.+\): make it again"):
        ShardedPairs(tmp_path, 32)


def test_a_shard_whose_names_begin_with_a_slash_is_read_as_without(tmp_path, folder):
    (tmp_path / "tars").mkdir()
    with tarfile.open(tmp_path / "tars" / "all.tar", "w") as tar:
        add(tar, "/train/01.png", (folder / "01.png").read_bytes())
    pairs = ShardedPairs(tmp_path / "tars", 32)
    assert (pairs.files, pairs.remarks()) == ([tmp_path / "tars" / "all.tar" / "train" / "01.png"], [])
