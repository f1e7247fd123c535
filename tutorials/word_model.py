#!/usr/bin/env python3
"""A language model with buckets: which word comes next, in nursery rhymes.

Sentences differ in length. Those of about the same length share a *bucket*: a network unrolled as far as they go.
All buckets share their weights, so what is learnt in one helps in all.

    python tutorials/word_model.py                       # two layers of LSTM cells, step by step
    python tutorials/word_model.py --fused               # the same in one operator
    python tutorials/word_model.py --cell gru --num-epochs 20
    python tutorials/word_model.py --save model          # model-symbol.json, model-0001.params, ...
"""
from __future__ import annotations

import argparse
import logging
import random
from pathlib import Path

import numpy as np

import cupynet as mx

RHYMES = Path(__file__).parent / "rhymes.txt"
BUCKETS = [4, 6, 8, 10, 12]
NOTHING, FIRST = 0, 1  # the number that fills sentences up, and the number of the first word


def sentences(lines, vocabulary=None):
    """Return sentences as lists of numbers, and the number of each word."""
    words = [line.lower().split() for line in lines if line.strip()]
    return mx.rnn.encode_sentences(words, vocab=vocabulary, invalid_label=NOTHING, start_label=FIRST)


def cells(args):
    """Return the recurrent part: cells on top of each other, or all layers in one operator."""
    fused = mx.rnn.FusedRNNCell(args.num_hidden, args.num_layers, args.cell, dropout=args.dropout, prefix="rnn_")
    return fused if args.fused else fused.unfuse()


def networks(stack, num_words, args):
    """Return the function that makes the network of a bucket: its symbol, and the names of its data and labels."""
    def network(length):
        data, label = mx.sym.Variable("data"), mx.sym.Variable("softmax_label")
        embed = mx.sym.Embedding(data=data, input_dim=num_words, output_dim=args.num_embed, name="embed")
        stack.reset()
        outputs, _ = stack.unroll(length, inputs=embed, layout="TNC", merge_outputs=True)
        pred = mx.sym.Reshape(outputs, shape=(-1, args.num_hidden))
        pred = mx.sym.FullyConnected(data=pred, num_hidden=num_words, name="pred")
        label = mx.sym.Reshape(label, shape=(-1,))
        return mx.sym.SoftmaxOutput(data=pred, label=label, name="softmax"), ("data",), ("softmax_label",)
    return network


def train(args, logger=logging):
    """Train, and return the module and the vocabulary."""
    random.seed(args.seed)
    np.random.seed(args.seed)
    mx.random.seed(args.seed)
    coded, vocabulary = sentences(Path(args.text).read_text(encoding="utf-8").splitlines())
    held_out = coded[::10]
    kept = [sentence for i, sentence in enumerate(coded) if i % 10]
    options = {"buckets": list(BUCKETS), "invalid_label": NOTHING, "layout": "TN"}
    batches = mx.rnn.BucketSentenceIter(kept, args.batch_size, **options)
    valid = mx.rnn.BucketSentenceIter(held_out, args.batch_size // 4, **options)
    stack = cells(args)
    module = mx.mod.BucketingModule(networks(stack, FIRST + len(vocabulary), args), context=args.ctx,
                                    default_bucket_key=batches.default_bucket_key, logger=logger)
    module.fit(
        batches, eval_data=valid, eval_metric=mx.metric.Perplexity(NOTHING), num_epoch=args.num_epochs,
        optimizer=args.optimizer, optimizer_params={"learning_rate": args.lr, "wd": 1e-5, "clip_gradient": 5.0},
        initializer=mx.init.Xavier(factor_type="in", magnitude=2.34),
        batch_end_callback=mx.callback.Speedometer(args.batch_size, args.disp_batches, auto_reset=False),
        epoch_end_callback=mx.rnn.do_rnn_checkpoint(stack, args.save) if args.save else None)
    return module, vocabulary


def arguments(given=None):
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", default=RHYMES, help="a text, a sentence a line")
    parser.add_argument("--cell", default="lstm", choices=["lstm", "gru", "rnn_tanh", "rnn_relu"])
    parser.add_argument("--fused", action="store_true", help="all layers and steps in one operator")
    parser.add_argument("--num-layers", type=int, default=2)
    parser.add_argument("--num-hidden", type=int, default=64)
    parser.add_argument("--num-embed", type=int, default=32)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--optimizer", default="adam")
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--num-epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--disp-batches", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", help="beginning of the names of the checkpoints")
    parser.add_argument("--ctx", type=mx.Context, default=mx.cpu(), help="cpu or gpu")
    return parser.parse_args(given)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(arguments())
