import asyncio
import threading

from pix2pix_edu.classroom.between_cells import between_cells


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


def test_without_a_notebook_nothing_waits():
    def action() -> None:
        pass

    assert between_cells(action) is action
