"""Writes the one-dimensional convolutions of an ONNX file as two-dimensional ones of height one.

ONNX Runtime has kernels that work in blocks of channels for two dimensions only (its "NCHWc" layout). The
shipped model spends over half of its time in convolutions, a quarter in the one of the positions.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

HEIGHT = "convolution.height"


def flatten_convolutions(path: Path) -> None:
    """Rewrite the file in place. The same sums in another order: logits differ by rounding alone."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(path)
    graph = model.graph
    weights = {weight.name: weight for weight in graph.initializer}
    nodes: list[NodeProto] = []
    for node in graph.node:
        weight = weights.get(node.input[1]) if node.op_type == "Conv" else None
        nodes.extend(_flattened(node, weight) if weight and len(weight.dims) == 3 else [node])
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.append(numpy_helper.from_array(np.array([2]), HEIGHT))
    onnx.save(model, path)


def _flattened(node: "NodeProto", weight: "TensorProto") -> "list[NodeProto]":
    """[batch, channels, frames] gets a height of 1 in front of its frames, and loses it again."""
    from onnx import helper

    given = {field.name: helper.get_attribute_value(field) for field in node.attribute}
    begin, end = given["pads"]
    flat = {name: [1, *given[name]] for name in ("kernel_shape", "strides", "dilations")}
    data, result = f"{node.output[0]}.flat_input", f"{node.output[0]}.flat"
    weight.dims.insert(2, 1)
    return [
        helper.make_node("Unsqueeze", [node.input[0], HEIGHT], [data]),
        helper.make_node(
            "Conv",
            [data, *node.input[1:]],
            [result],
            name=node.name,
            group=given["group"],
            pads=[0, begin, 0, end],
            **flat,
        ),
        helper.make_node("Squeeze", [result, HEIGHT], list(node.output)),
    ]
