"""Programs of jobs, small and on the standard library alone; the folders of processing are arguments."""

from __future__ import annotations

SPLIT = """
import pathlib, sys
source, target = map(pathlib.Path, sys.argv[1:])
lines = [line for path in sorted(source.iterdir()) for line in path.read_text().splitlines()]
if not lines or any(line.count(",") != 1 for line in lines):
    (target.parents[1] / "output" / "message").write_text("the data set has rows without two columns")
    sys.exit(3)
for place, part in enumerate(("train", "validation", "test")):
    (target / part).mkdir(parents=True, exist_ok=True)
    (target / part / "rows.csv").write_text("\\n".join(lines[place::3]))
"""
"""Parts a data set in three; wants rows of two columns."""

EVALUATE = """
import json, pathlib, sys, tarfile
model, test, target = map(pathlib.Path, sys.argv[1:])
with tarfile.open(model / "model.tar.gz") as archive:
    slope = json.load(archive.extractfile("model.json"))["slope"]
rows = [tuple(map(float, line.split(","))) for line in (test / "rows.csv").read_text().split()]
mse = sum((y - slope * x) ** 2 for y, x in rows) / len(rows)
report = {"regression_metrics": {"mse": {"value": mse, "standard_deviation": "NaN"}}}
(target / "evaluation.json").write_text(json.dumps(report))
"""
"""Scores a model on the test part."""

COMPARE = """
import json, pathlib, sys, tarfile
*models, target = map(pathlib.Path, sys.argv[1:])
found = {}
for folder in models:
    with tarfile.open(folder / "model.tar.gz") as archive:
        found[folder.name] = json.load(archive.extractfile("model.json"))["slope"]
best = max(found, key=found.get)
(target / "best.json").write_text(json.dumps({"best": best, "slopes": found, "all": sorted(found)}))
"""
"""Names the model with the greatest slope."""

NOTE = """
import pathlib, sys
pathlib.Path(sys.argv[1], "note.txt").write_text(sys.argv[2])
"""
"""Writes a text into its output."""

TRAIN = """
import json
import os
import pathlib
import sys

base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
parameters = json.loads((base / "input" / "config" / "hyperparameters.json").read_text())


def rows(channel):
    for path in sorted((base / "input" / "data" / channel).iterdir()):
        for line in path.read_text().splitlines():
            yield tuple(float(value) for value in line.split(","))


try:
    train, validation = list(rows("train")), list(rows("validation"))
except ValueError as error:
    (base / "output" / "failure").write_text(f"cannot read the training data: {error}")
    sys.exit(1)

best = sum(x * y for y, x in train) / sum(x * x for _, x in train)
slope = 0.0
for number in range(int(parameters["num_round"])):
    slope += float(parameters.get("eta", "0.5")) * (best - slope)
    error = sum((y - slope * x) ** 2 for y, x in validation) / len(validation)
    print(f"[{number}]#011validation-mse:{error:.6f}")
(base / "model" / "model.json").write_text(json.dumps({"slope": slope}))
"""
"""A training image's program: fits rings = slope * length, a step of `eta` towards the best slope a round."""

SERVE = """
import http.server
import json
import os
import pathlib

slope = json.loads(pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], "model", "model.json").read_text())["slope"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        length = float(self.rfile.read(int(self.headers["Content-Length"])))
        self.do_GET()
        self.wfile.write(str(slope * length).encode())


http.server.HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""
"""The same image's server: answers a length with rings."""

SCRIPT_MODE = """
import argparse, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
parser.add_argument("--learning-rate", type=float)
parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
given = parser.parse_args()
rows = [line for path in pathlib.Path(given.train).iterdir() for line in path.read_text().split()]
for epoch in range(given.epochs):
    print(f"epoch {epoch}: loss={given.learning_rate / (epoch + 1)}")
pathlib.Path(given.model_dir, "model.txt").write_text(f"{len(rows)} rows")
"""
"""A training script of one's own, as script mode of the framework images runs it."""

SERVED = """
import argparse, csv, json, os, pathlib


def train(given):
    paths = pathlib.Path(given.train).iterdir()
    rows = [tuple(map(float, row)) for path in paths for row in csv.reader(path.open())]
    slope = sum(x * y for y, x in rows) / sum(x * x for _, x in rows)
    pathlib.Path(given.model_dir, "model.json").write_text(json.dumps({"slope": slope}))


def model_fn(model_dir):
    return json.loads(pathlib.Path(model_dir, "model.json").read_text())


def input_fn(body, content_type):
    if content_type != "text/csv":
        raise ValueError(f"{content_type} is no text/csv")
    return [float(row[-1]) for row in csv.reader(body.splitlines())]


def predict_fn(lengths, model):
    return [length * model["slope"] for length in lengths]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
    train(parser.parse_args())
"""
"""One script that trains a model and serves it, as the frameworks' own examples have it."""
