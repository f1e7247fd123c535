"""``mx.log``: what its lines look like."""
import logging
import re

import pytest

import cupynet as mx


@pytest.fixture
def name(request):
    yield request.node.name
    logger = logging.getLogger(request.node.name)
    for handler in logger.handlers[:]:
        handler.close()
        logger.removeHandler(handler)


def test_lines_say_how_bad_when_and_where(name, capsys):
    logger = mx.log.get_logger(name, level=mx.log.DEBUG)
    for kind in ("debug", "info", "warning", "error", "critical"):
        getattr(logger, kind)("m %s", kind)
    logger.log(25, "odd")
    lines = capsys.readouterr().err.splitlines()
    place = rf"\d{{4}} \d\d:\d\d:\d\d \d+ {re.escape(__file__)}:test_lines_say_how_bad_when_and_where:\d+\]"
    for line, color, letter, text in zip(lines, (34, 32, 31, 31, 31, 32), "DIWECU",
                                         ("m debug", "m info", "m warning", "m error", "m critical", "odd")):
        assert re.fullmatch(rf"\x1b\[{color}m{letter}{place}\x1b\[0m {text}", line), line
    assert mx.log.get_logger(name, level=mx.log.ERROR) is logger and logger.level == mx.log.DEBUG
    assert len(logger.handlers) == 1 and len(lines) == 6


def test_a_file_has_the_messages(name, tmp_path):
    logger = mx.log.get_logger(name, filename=str(tmp_path / "log"), level=mx.log.INFO)
    logger.debug("no")
    logger.info("yes %d", 1)
    assert (tmp_path / "log").read_text() == "yes 1\n"


def test_the_root_stays_as_it_is():
    before = list(logging.getLogger().handlers), logging.getLogger().level
    assert mx.log.get_logger() is logging.getLogger()
    with pytest.warns(DeprecationWarning, match="Use get_logger instead"):
        mx.log.getLogger()
    assert (list(logging.getLogger().handlers), logging.getLogger().level) == before
