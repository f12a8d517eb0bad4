"""Build the weightless ONNX graph of all-MiniLM-L6-v2 that ships with the embeddings package.

The graph names every weight as the model's own `model.safetensors` does and declares it external,
so the embedder hands the tensors over as they lie in that file. It is written with standard
operators only: onnxruntime folds the transposes and fuses the rest when it loads the graph.

Usage: python scripts/build_embedding_graph.py
"""

from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from agent_memory_services.long_term_memory.store.embeddings.minilm import model
from agent_memory_services.long_term_memory.store.embeddings.minilm.model import WEIGHTS

OPSET = 17
IR_VERSION = 9


class GraphBuilder:
    """Collects the nodes and constants of the encoder; every method returns a value's name."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output."""
        output = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], output, **attributes))
        return output

    def constant(self, name: str, value: float | list[int]) -> str:
        """Add a small constant, once per name: integers become int64, floats float32."""
        dtype = np.int64 if isinstance(value, list) else np.float32
        self.constants[name] = numpy_helper.from_array(np.asarray(value, dtype=dtype), name)
        return name

    def linear(self, value: str, weights: str) -> str:
        """Apply a dense layer, whose weight is stored as (outputs, inputs)."""
        transposed = self.node("Transpose", f"{weights}.weight", perm=[1, 0])
        return self.node("Add", self.node("MatMul", value, transposed), f"{weights}.bias")

    def layer_norm(self, value: str, weights: str) -> str:
        """Normalise over the hidden axis."""
        return self.node(
            "LayerNormalization",
            value,
            f"{weights}.weight",
            f"{weights}.bias",
            axis=-1,
            epsilon=model.LAYER_NORM_EPSILON,
        )

    def gelu(self, value: str) -> str:
        """Apply the exact GELU: x/2 * (1 + erf(x / sqrt 2))."""
        scaled = self.node("Div", value, self.constant("sqrt_two", float(np.sqrt(2.0))))
        one_plus = self.node("Add", self.node("Erf", scaled), self.constant("one", 1.0))
        product = self.node("Mul", value, one_plus)
        return self.node("Mul", product, self.constant("half", 0.5))

    def embeddings(self) -> str:
        """Sum the token, position and token-type embeddings; every token is of type 0."""
        words = self.node("Gather", "embeddings.word_embeddings.weight", model.INPUT_IDS)
        zero, one = self.constant("first", [0]), self.constant("second", [1])
        length = self.node(
            "Slice", self.node("Shape", model.INPUT_IDS), one, self.constant("third", [2])
        )
        token_type = self.node("Slice", "embeddings.token_type_embeddings.weight", zero, one, zero)
        table = self.node("Add", "embeddings.position_embeddings.weight", token_type)
        positions = self.node("Slice", table, zero, length, zero)
        return self.layer_norm(self.node("Add", words, positions), "embeddings.LayerNorm")

    def heads(self, value: str, weights: str, *, transposed: bool = False) -> str:
        """Project and split into (batch, heads, tokens, head size), or the last two swapped."""
        shape = self.constant("split_heads", [0, 0, model.HEADS, model.HEAD_SIZE])
        split = self.node("Reshape", self.linear(value, weights), shape)
        return self.node("Transpose", split, perm=[0, 2, 3, 1] if transposed else [0, 2, 1, 3])

    def attention(self, value: str, mask: str, layer: str) -> str:
        """Self-attention of all heads, with its output projection."""
        query = self.heads(value, f"{layer}.attention.self.query")
        key = self.heads(value, f"{layer}.attention.self.key", transposed=True)
        values = self.heads(value, f"{layer}.attention.self.value")
        scale = self.constant("attention_scale", model.ATTENTION_SCALE)
        scores = self.node("Mul", self.node("MatMul", query, key), scale)
        weights = self.node("Softmax", self.node("Add", scores, mask), axis=-1)
        context = self.node("Transpose", self.node("MatMul", weights, values), perm=[0, 2, 1, 3])
        joined = self.node("Reshape", context, self.constant("join_heads", [0, 0, model.HIDDEN]))
        return self.linear(joined, f"{layer}.attention.output.dense")

    def layer(self, value: str, mask: str, layer: str) -> str:
        """Run one encoder layer: attention and feed-forward, each with a residual and a norm."""
        attended = self.node("Add", self.attention(value, mask, layer), value)
        attended = self.layer_norm(attended, f"{layer}.attention.output.LayerNorm")
        inner = self.gelu(self.linear(attended, f"{layer}.intermediate.dense"))
        outer = self.node("Add", self.linear(inner, f"{layer}.output.dense"), attended)
        return self.layer_norm(outer, f"{layer}.output.LayerNorm")

    def pool(self, hidden: str, mask: str) -> None:
        """Sum the tokens that are not padding and scale to unit length.

        The mean needs no division: normalising cancels it.
        """
        weights = self.node("Unsqueeze", mask, self.constant("second", [1]))
        total = self.node("Squeeze", self.node("MatMul", weights, hidden), "second")
        output = [model.OUTPUT]
        self.nodes.append(
            helper.make_node("LpNormalization", [total], output, "normalize", axis=-1, p=2)
        )


def weight(name: str, shape: tuple[int, ...]) -> TensorProto:
    """Declare a weight whose bytes are handed over when the graph is loaded."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=WEIGHTS)
    return tensor


def tokens(name: str) -> ValueInfoProto:
    """Declare an int64 input of (batch, tokens)."""
    return helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])


def build() -> ModelProto:
    """Build the graph: token ids and attention mask in, unit-length sentence embeddings out."""
    graph = GraphBuilder()
    present = graph.node("Cast", model.ATTENTION_MASK, to=TensorProto.FLOAT)
    absent = graph.node("Sub", graph.constant("one", 1.0), present)
    penalty = graph.node("Mul", absent, graph.constant("masked_score", model.MASKED_SCORE))
    mask = graph.node("Unsqueeze", penalty, graph.constant("head_axes", [1, 2]))
    hidden = graph.embeddings()
    for layer in range(model.LAYERS):
        hidden = graph.layer(hidden, mask, f"encoder.layer.{layer}")
    graph.pool(hidden, present)

    weights = [weight(name, shape) for name, shape in model.TENSOR_SHAPES.items()]
    shape: list[int | str | None] = ["batch", model.HIDDEN]
    output = helper.make_tensor_value_info(model.OUTPUT, TensorProto.FLOAT, shape)
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            model.MODEL_NAME,
            [tokens(model.INPUT_IDS), tokens(model.ATTENTION_MASK)],
            [output],
            [*weights, *graph.constants.values()],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )


def serialize() -> bytes:
    """Serialize the graph, with the same bytes every time."""
    return build().SerializeToString(deterministic=True)


if __name__ == "__main__":
    Path(model.GRAPH_FILE).write_bytes(serialize())
    print(f"{model.GRAPH_FILE}: {model.GRAPH_FILE.stat().st_size} bytes")
