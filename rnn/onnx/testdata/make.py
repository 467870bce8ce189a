#!/usr/bin/env python3
"""Makes the ONNX files of this folder with PyTorch's exporter, and beside each what PyTorch computes.

    apt-get install python3-torch python3-onnx    # made with torch 1.13.0a0, onnx 1.12.0
    /usr/bin/python3 make.py [folder]             # default: where this script is

NAME.onnx is the model. NAME.safetensors holds the input x [batch][time][input] and what the model gives for it: y [batch][time][width],
or [batch][width] where the model gives its last row only; and h0, c0 [layers*directions][hidden] where the initial state is learned.
NAME.state.safetensors (some) is the model's state_dict. Weights are U(-1/sqrt(hidden), 1/sqrt(hidden)) as PyTorch initialises them.
"""
import json, os, struct, sys
import numpy as np
import onnx.numpy_helper
import torch
from torch import nn

OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))


def save(path, tensors, **meta):
    head, data = {"__metadata__": meta} if meta else {}, b""
    for name, t in sorted(tensors.items()):
        raw = np.ascontiguousarray(t.detach().numpy().astype("<f4")).tobytes()
        head[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


class Net(nn.Module):
    """A recurrent layer with what people put around it."""

    def __init__(self, kind, inp, hidden, layers=1, both=False, first=True, head=0, last="", h0="", bias=True, softmax=False, more=""):
        super().__init__()
        make = {"gru": nn.GRU, "lstm": nn.LSTM, "tanh": nn.RNN, "relu": nn.RNN}[kind]
        kinds = {"nonlinearity": kind} if make is nn.RNN else {}
        self.rnn = make(inp, hidden, layers, batch_first=first, bidirectional=both, bias=bias, **kinds)
        self.kind, self.first, self.last, self.h0, self.softmax, self.more = kind, first, last, h0, softmax, more
        self.n = layers * (2 if both else 1)
        if head:
            self.head = nn.Linear(hidden * (2 if both else 1), head, bias=bias)
        if h0 == "learned":
            self.start = nn.Parameter(torch.rand(self.n, 1, hidden) - 0.5)
            self.cell = nn.Parameter(torch.rand(self.n, 1, hidden) - 0.5)

    def forward(self, x, start=None):
        if self.more == "series":  # [batch][time] of doubles
            x = x.unsqueeze(-1).to(torch.float32)
        args = ()
        if start is not None:
            args = (start,)
        if x.dim() == 3:
            batch = x.size(0 if self.first else 1)
        if self.h0 == "zeros":
            z = torch.zeros(self.n, batch, self.rnn.hidden_size)
            args = ((z, z),) if self.kind == "lstm" else (z,)
        if self.h0 == "learned":
            z, c = self.start.repeat(1, batch, 1), self.cell.expand(self.n, batch, self.rnn.hidden_size)
            args = ((z, c.contiguous()),) if self.kind == "lstm" else (z,)
        y, h = self.rnn(x, *args)
        if self.last == "row":
            y = y[:, -1, :] if self.first else y[-1]
        if self.last == "state":
            y = (h[0] if self.kind == "lstm" else h)[-1]
        if self.last == "slice":
            y = y[:, -1:, :]
        if self.more == "flat":
            y = self.head(y.reshape(-1, y.size(2))).view(x.size(0), -1, self.head.out_features)
        elif hasattr(self, "head"):
            y = self.head(y)
        if self.more == "narrow":
            y = y.squeeze(-1)
        if self.more == "outputs":
            return y, h[0], h[1]
        if self.softmax:
            y = torch.softmax(y, -1)
        return y


CASES = {
    # name: (arguments of Net, dynamic axes, opset, more for the exporter)
    "gru": (dict(kind="gru", inp=3, hidden=8, head=2), True, 14, {}),
    "gru_time_first": (dict(kind="gru", inp=3, hidden=8, head=2, first=False), True, 15, {}),
    "gru_unfolded": (dict(kind="gru", inp=3, hidden=8, layers=2, head=2, h0="zeros"), True, 14, dict(do_constant_folding=False)),
    "gru_fixed": (dict(kind="gru", inp=3, hidden=8, layers=2, both=True, head=2), False, 16, {}),
    "gru_both": (dict(kind="gru", inp=3, hidden=5, both=True, head=2), True, 14, {}),
    "gru_learned": (dict(kind="gru", inp=3, hidden=5, layers=2, head=2, h0="learned"), True, 17, {}),
    "gru_last_row": (dict(kind="gru", inp=3, hidden=8, head=2, last="row"), True, 14, {}),
    "gru_last_state": (dict(kind="gru", inp=3, hidden=8, layers=2, head=2, last="state"), True, 14, {}),
    "gru_no_bias": (dict(kind="gru", inp=3, hidden=8, head=2, bias=False), True, 14, {}),
    "gru_class": (dict(kind="gru", inp=3, hidden=8, head=4, softmax=True), True, 14, {}),
    "gru_bare": (dict(kind="gru", inp=3, hidden=8), True, 14, {}),
    "gru_given": (dict(kind="gru", inp=3, hidden=8, layers=2, head=2, h0="given"), True, 14, {}),
    "gru_unbatched": (dict(kind="gru", inp=3, hidden=8, head=2), True, 14, {}),
    "gru_thin": (dict(kind="gru", inp=1, hidden=1, layers=2, both=True, head=1), True, 14, {}),
    "gru_half": (dict(kind="gru", inp=3, hidden=8, head=2), True, 14, {}),
    "gru_bfloat": (dict(kind="gru", inp=3, hidden=8, head=2), True, 14, {}),
    "gru_double": (dict(kind="gru", inp=3, hidden=8, head=2), True, 14, {}),
    "gru_float_data": (dict(kind="gru", inp=3, hidden=8, head=2), True, 14, {}),
    "lstm": (dict(kind="lstm", inp=4, hidden=6, head=3), True, 14, {}),
    "lstm_time_first": (dict(kind="lstm", inp=4, hidden=6, layers=2, head=3, first=False), True, 17, {}),
    "lstm_both": (dict(kind="lstm", inp=4, hidden=6, layers=2, both=True, head=3), True, 14, {}),
    "lstm_both_unfolded": (dict(kind="lstm", inp=4, hidden=6, layers=2, both=True, head=3), True, 14, dict(do_constant_folding=False)),
    "lstm_zeros": (dict(kind="lstm", inp=4, hidden=6, layers=2, h0="zeros", head=3), True, 14, {}),
    "lstm_learned": (dict(kind="lstm", inp=4, hidden=6, layers=2, both=True, h0="learned", head=3), True, 14, {}),
    "tanh": (dict(kind="tanh", inp=3, hidden=7, head=1), True, 14, {}),
    "tanh_both": (dict(kind="tanh", inp=3, hidden=7, layers=2, both=True, head=1, first=False), True, 14, {}),
    "relu": (dict(kind="relu", inp=3, hidden=7, layers=2, head=1), True, 14, {}),
    "lstm_outputs": (dict(kind="lstm", inp=4, hidden=6, layers=2, both=True, head=3, more="outputs"), True, 14, {}),
    "gru_flat": (dict(kind="gru", inp=3, hidden=8, head=2, more="flat"), True, 14, {}),
    "gru_narrow": (dict(kind="gru", inp=3, hidden=8, head=1, more="narrow"), True, 14, {}),
    "gru_last_slice": (dict(kind="gru", inp=3, hidden=8, head=2, last="slice"), True, 14, {}),
    "gru_series": (dict(kind="gru", inp=1, hidden=8, head=2, more="series"), True, 14, {}),
}
STATES = ["gru", "gru_unfolded", "lstm_both", "lstm_both_unfolded", "tanh", "relu", "gru_learned", "gru_bare", "gru_no_bias"]


HALF = {"gru_half": torch.float16, "gru_bfloat": torch.bfloat16}


def convert(path, how):
    """Stores the constants of a file in another way; the numbers stay the same."""
    m = onnx.load(path)
    for t in m.graph.initializer:
        a = onnx.numpy_helper.to_array(t)
        if how == "gru_half":
            t.data_type, t.raw_data = onnx.TensorProto.FLOAT16, a.astype("<f2").tobytes()
        if how == "gru_bfloat":  # 16 bits each in int32_data
            t.data_type = onnx.TensorProto.BFLOAT16
            t.int32_data.extend((a.astype("<f4").view("<u4") >> 16).flatten().tolist())
            t.ClearField("raw_data")
        if how == "gru_float_data":
            t.float_data.extend(a.flatten().tolist())
            t.ClearField("raw_data")
    onnx.save(m, path)


def export(name, args, dynamic, opset, more):
    m = Net(**args).eval()
    if name in HALF:
        m = m.to(HALF[name]).float()  # numbers that are the same in the short form
    first = args.get("first", True)
    x = torch.randn(2, 9, args["inp"])
    if name == "gru_double":
        m, x = m.double(), x.double()
    tensors = {"x": x}
    feed = x if first else x.transpose(0, 1).contiguous()
    inputs, names = (feed,), ["x"]
    batch, time = (0, 1) if first else (1, 0)
    axes = {"x": {batch: "batch", time: "time"}}
    if name == "gru_unbatched":
        feed, axes = x[0], {"x": {0: "time"}}
        inputs, tensors["x"] = (feed,), x[:1]
    if args.get("h0") == "given":
        h = torch.rand(m.n, 2, args["hidden"]) - 0.5
        inputs, names, tensors["h0"] = (feed, h), ["x", "h"], h.transpose(0, 1)
        axes["h"] = {1: "batch"}
    if args.get("h0") == "learned":
        tensors["h0"] = m.start[:, 0]
        if args["kind"] == "lstm":
            tensors["c0"] = m.cell[:, 0]
    outputs = ["y"]
    if args.get("more") == "series":
        inputs, axes = (x[:, :, 0].double(),), {"x": {0: "batch", 1: "time"}}
    y = m(*inputs)
    if args.get("more") == "outputs":
        y, outputs = y[0], ["y", "h", "c"]
    tensors["y"] = y if first or y.dim() == 2 else y.transpose(0, 1)
    path = os.path.join(OUT, name + ".onnx")
    torch.onnx.export(m, inputs, path, input_names=names, output_names=outputs, dynamic_axes=axes if dynamic else None, opset_version=opset, **more)
    if name in HALF or name == "gru_float_data":
        convert(path, name)
    save(os.path.join(OUT, name + ".safetensors"), tensors)
    if name in STATES:
        save(os.path.join(OUT, name + ".state.safetensors"), m.state_dict())


for i, (name, case) in enumerate(CASES.items()):
    torch.manual_seed(100 + i)
    export(name, *case)
