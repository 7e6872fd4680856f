import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from classifier.inference.onnx_runtime import onnxruntime
from tests.training.tiny_model import LABELS
from training.versions.checkpoint import check_checkpoint, load_model
from training.versions.flat_convolutions import flatten_convolutions
from training.versions.onnx_export import export_onnx

pytestmark = pytest.mark.slow


@pytest.mark.filterwarnings("ignore")  # the exporter announces its retirement
@pytest.mark.parametrize("fields", [{}, {"stride": 2, "dilation": 2}, {"padding": 2, "groups": 4}])
def test_answers_of_a_flattened_convolution_stay(tmp_path, fields):
    layer = torch.nn.Conv1d(4, 8, 3, **fields)
    path = tmp_path / "model.onnx"
    waveform = torch.randn(2, 4, 50)
    torch.onnx.export(layer, (waveform,), path, dynamo=False, input_names=["in"], dynamic_axes={"in": [0, 2]})
    flatten_convolutions(path)
    onnx.checker.check_model(path, full_check=True)
    (answer,) = onnxruntime.InferenceSession(path).run(None, {"in": waveform.numpy()})
    assert np.allclose(answer, layer(waveform).detach().numpy(), atol=1e-5)
    assert dimensions_of_convolutions(path) == [4]


def test_other_convolutions_are_left_alone(tmp_path):
    path = tmp_path / "model.onnx"
    # Its kernel is an input, so nobody knows how many dimensions it has.
    sound, kernel, answer = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("sound", "kernel", "answer")
    )
    node = helper.make_node("Conv", ["sound", "kernel"], ["answer"])
    graph = helper.make_graph([node], "g", [sound, kernel], [answer])
    onnx.save(helper.make_model(graph), path)
    flatten_convolutions(path)
    assert onnx.load(path).graph.node == [node]


def test_every_convolution_of_an_export_is_flat(written_checkpoint, tmp_path):
    export_onnx(load_model(check_checkpoint(written_checkpoint, LABELS)), tmp_path / "model.onnx")
    assert set(dimensions_of_convolutions(tmp_path / "model.onnx")) == {4}


def dimensions_of_convolutions(path):
    graph = onnx.load(path).graph
    dimensions = {weight.name: len(weight.dims) for weight in graph.initializer}
    return [dimensions[node.input[1]] for node in graph.node if node.op_type == "Conv"]
