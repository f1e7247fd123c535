"""Gluon answers as MXNet 1.9.1 does: values, representations, tables, warnings and errors."""
import json
import re
from pathlib import Path

import numpy as np
import pytest

import cupynet as mx

from .asking import SESSIONS, hold

ANSWERS = Path(__file__).parents[1] / "data" / "gluon"
NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]?\d+)?|nan|inf")
# Where only the kind of an error is MXNet's: its C++ says where in the source it came about.
PLACES = ("Check failed", "Error in operator", "Traceback", "inconsistent", "Error optimizing")

# What is natural here is an error of Python's in MXNet, or says more.
ON_PURPOSE = {
    "P('v',(2,3))", "c.init", "c.init.dumps()", "len(d)", "d.get_constant('k', [1,2])", "d.get_constant('k', [1,3])",
    "P('w', shape=(2,2)).initialize(ctx='cpu')",
    "d.load('e.params', restore_prefix='net_',cast_dtype=True, dtype_source='savd')",
    "d.load('e.params')", "nn.Dense(2, prefix=3)", "nn.Dense(2,params={})", "net3.load('nn')",
    "d(nd.ones((1,)),nd.ones((1,),ctx=mx.cpu(1)))", "p.data(3)", "p.data([mx.cpu(0)])", "p.set_data([[1,2],[3,4]])",
    "gluon.Parameter('a',shape=(2,),dtype='foo').initialize()", "d(None,nd.ones((1,)))", "net.name_scope()",
    "net([nd.ones((2,5))])", "gluon.Trainer(net.collect_params(), 'foo')", "u.clip_global_norm([],1.)",
    "list(L(s,4,num_workers=2,thread_pool=True))",  # threads need no shared memory
    "u(nd.ones((1,2)))",  # names in no order
    "net.save_params('s2.params')",  # an address in the warning
    "net2.load_parameters('s.params')", "net2.load_parameters('s.params', ignore_extra=True)",  # the first name only
}


def split(text):
    """The words of an answer and the fractions in it."""
    words = NUMBER.sub("#", re.sub(r"\s*([\[\],\s])\s*", r"\1", text))
    return words, np.array([float(each) for each in NUMBER.findall(text)])


def same(ours, theirs):
    if any(each in theirs for each in PLACES) or "is not registered" in theirs or "must be of string type" in theirs:
        return "Error: " in ours and "Error: " in theirs
    ours, theirs = (re.sub(r"^(KeyError: )\"(.*)\"$|^(NotImplementedError:).*|np\.\w+\((.*?)\)", r"\1\2\3\4", each)
                    for each in (ours, theirs))
    (words, numbers), (their_words, their_numbers) = split(ours), split(theirs)
    return words == their_words and np.allclose(numbers, their_numbers, 1e-4, 1e-6, equal_nan=True)


@pytest.mark.parametrize("name", sorted(path.stem for path in SESSIONS.glob("*.py")))
def test_answers(name):
    with mx.cpu():
        asked = hold(name, mx)
    stored = json.loads((ANSWERS / f"{name}.json").read_text())
    assert [question for question, _ in asked] == [question for question, _ in stored]
    different = [f"{question}\n  here:  {ours}\n  MXNet: {theirs}"
                 for (question, ours), (_, theirs) in zip(asked, stored)
                 if question not in ON_PURPOSE and not same(ours, theirs)]
    assert not different, "\n" + "\n".join(different)
