"""Stores the weights of an ONNX file in half precision; the runtime turns them back when it loads them."""

from pathlib import Path

import numpy as np

# Small tensors are biases, norms and shapes: nothing to save.
SMALLEST = 4096


def halve_weights(path: Path) -> None:
    """Rewrite the file in place. Only weights that half precision holds exactly, so no output changes."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    graph = model.graph
    casts = []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        halves = values.astype(np.float16)
        if values.dtype != np.float32 or values.size < SMALLEST or (halves != values).any():
            continue
        stored = f"{weight.name}.half"
        casts.append(helper.make_node("Cast", [stored], [weight.name], to=TensorProto.FLOAT))
        weight.CopyFrom(numpy_helper.from_array(halves, stored))
    for position, cast in enumerate(casts):
        graph.node.insert(position, cast)
    onnx.save(model, path)
