import asyncio
import threading

from matplotlib.figure import Figure

from pix2pix_edu.classroom.between_cells import between_cells
from pix2pix_edu.classroom.display import new_figure
from pix2pix_edu.classroom.explorer import explore, number


def test_what_another_thread_starts_waits_until_the_cell_has_ended_and_runs_in_the_thread_of_the_cells():
    seen = []

    async def cell() -> None:
        later = between_cells(lambda word: seen.append((word, threading.current_thread() is threading.main_thread())))
        thread = threading.Thread(target=later, args=["from a widget"])
        thread.start()
        thread.join()
        seen.append("the cell ends")
        later("from a cell")

    async def kernel() -> None:
        await cell()
        await asyncio.sleep(0)

    asyncio.run(kernel())
    assert seen == ["the cell ends", ("from a cell", True), ("from a widget", True)]


def test_a_figure_that_is_explored_while_a_cell_runs_is_drawn_once_when_it_has_ended():
    drawn, side = [], number("side", 0, 100, 1)

    def draw(side: int) -> tuple[Figure, str]:
        drawn.append(side)
        return new_figure(1, 1)[0], "a figure"

    def change() -> None:
        for value in range(2, 22):
            side.value = value

    async def cell() -> None:
        explore(draw, side=side)
        thread = threading.Thread(target=change)
        thread.start()
        thread.join()

    async def kernel() -> None:
        await cell()
        await asyncio.sleep(0)
        assert drawn == [1, 21]
        side.value = 5

    asyncio.run(kernel())
    assert drawn == [1, 21, 5]


def test_in_a_console_beside_the_cells_nothing_waits():
    def action() -> None:
        pass

    async def beside() -> None:
        assert between_cells(action) is action

    thread = threading.Thread(target=asyncio.run, args=[beside()])
    thread.start()
    thread.join()


def test_without_a_notebook_nothing_waits():
    def action() -> None:
        pass

    assert between_cells(action) is action
