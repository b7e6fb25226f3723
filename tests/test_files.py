import pytest

from pix2pix_edu.files import whole_file, write_text


def test_a_file_takes_its_name_only_once_it_is_complete(tmp_path):
    path = tmp_path / "record.json"
    with whole_file(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("stop", [OSError("the disk is full"), KeyboardInterrupt()])
def test_when_writing_fails_the_earlier_file_stays_and_nothing_is_left_beside_it(tmp_path, stop):
    def fail():
        with whole_file(path) as file:
            file.write(b"half of the")
            raise stop

    path = tmp_path / "record.json"
    write_text(path, "old")
    with pytest.raises(type(stop)):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
