"""Texts, vocabularies and files of vectors drawn at random; what MXNet makes of them, and what is made of them here."""
import random
import tempfile
import warnings
from collections import Counter
from pathlib import Path

COUNT = 80
WORDS = ["a", "b", "B", "cat", "Cat", "dog", "<unk>", "<pad>", "né", "x"]


def listed(vocabulary):
    return [vocabulary.idx_to_token, vocabulary.token_to_idx, vocabulary.unknown_token, vocabulary.reserved_tokens]


def vocabulary(text, draw):
    """Return a vocabulary of a text."""
    source = "".join(draw.choice(WORDS) + draw.choice([" ", " ", "\n", "  ", "-"]) for _ in range(draw.randrange(20)))
    counter = Counter({"dog": 2}) if draw.random() < 0.3 else None
    counter = text.utils.count_tokens_from_str(source, draw.choice([" ", "-", " |-"]), "\n", draw.random() < 0.5,
                                               counter)
    return text.vocab.Vocabulary(counter, draw.choice([None, 0, 1, 3]), draw.choice([1, 1, 1, 2]),
                                 draw.choice(["<unk>", "<unk>", "cat"]),
                                 draw.choice([None, ["<pad>"], ["dog", "<pad>"]] * 5 + [["<pad>", "<pad>"]]))


def embedding(text, draw, folder):
    """Return an embedding from a file, of its own or of a vocabulary."""
    width, delimiter = draw.choice([2, 2, 3]), draw.choice([" ", ",", "\t"])
    lines = []
    for _ in range(draw.randrange(1, 8)):
        numbers = [f"{draw.uniform(-2, 2):.3f}" for _ in range(width if draw.random() < 0.9 else 1)]
        lines.append(delimiter.join([draw.choice(WORDS), *numbers]))
    if draw.random() < 0.1:
        lines.insert(draw.randrange(len(lines)), "cat" + f"{delimiter}1" * 5)
    path = Path(folder, f"{draw.random()}.txt")
    path.write_text("\n".join(lines) + "\n", encoding="utf8")
    options = {"vocabulary": vocabulary(text, draw)} if draw.random() < 0.5 else {}
    return text.embedding.CustomEmbedding(str(path), delimiter, **options)


def answer(mx, text, seed):
    """Return what comes of a seed, or the kind of the error."""
    draw, found = random.Random(seed), {}
    with warnings.catch_warnings(record=True) as said, tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("always")
        try:
            words = vocabulary(text, draw)
            found["words"] = listed(words)
            found["codes"] = [words.to_indices(WORDS), words.to_indices("cat"), words.to_tokens([0, len(words) - 1])]
            first = embedding(text, draw, folder)
            found["first"] = [*listed(first), first.vec_len, first.idx_to_vec.asnumpy().tolist()]
            found["vectors"] = [first.get_vecs_by_tokens(each, lower).asnumpy().tolist()
                                for each in (WORDS, "Cat", ["dog"]) for lower in (False, True)]
            first.update_token_vectors(first.unknown_token, mx.nd.full((first.vec_len,), 9))
            both = text.embedding.CompositeEmbedding(words, [first, embedding(text, draw, folder)])
            found["both"] = [*listed(both), both.vec_len, both.idx_to_vec.asnumpy().tolist()]
        except (AssertionError, ValueError, TypeError):
            found["error"] = True
        except mx.base.MXNetError:  # MXNet cannot look up no tokens
            found["crashed"] = True
    found["warnings"] = [str(each.message) for each in said if each.category is UserWarning]
    return found
