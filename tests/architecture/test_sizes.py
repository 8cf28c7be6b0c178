"""Files and functions that a reader takes in at once."""

from tests.architecture.source import listed, product, sources

LONGEST_FILE = 300
LONGEST_FUNCTION = 40


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    everything = (*product(), *sources("tests", "bench"))
    too_long = [f"{file.name}: {file.lines} lines" for file in everything if file.lines > LONGEST_FILE]
    assert not too_long, listed(too_long)


def test_every_function_fits_on_one_screen() -> None:
    too_long = [
        f"{file.name}:{function.lineno} {function.name}: {length} lines"
        for file in (*product(), *sources("tests", "bench"))
        for function in file.functions()
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not too_long, listed(too_long)
