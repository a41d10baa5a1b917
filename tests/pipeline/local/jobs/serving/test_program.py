"""The program as a process, behind an endpoint."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.endpoints.runner import EndpointRunner
from pipeline.local.jobs.catalog import IMAGES, Image
from pipeline.local.records import Record
from pipeline.local.runtime import Invocation
from tests.pipeline.local.endpoints.calls import config, created, variant
from tests.pipeline.local.jobs.place import Place
from tests.pipeline.local.jobs.test_requirements import wheel

from .archives import archive

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
LOADS = """
    import json
    def model_fn(folder):
        with open(folder + "/model.json") as file:
            return json.load(file)
"""
NAMES = "import os\ndef model_fn(folder): return {}\ndef transform_fn(model, body, kind, accept): return "

Serve = Callable[..., Record]


# Without the scikit-learn that the image needs: nothing here is about it.
IMAGES_HERE = {"sagemaker-scikit-learn": Image(serve=IMAGES["sagemaker-scikit-learn"].serve)}


@pytest.fixture
def endpoints(place: Place) -> EndpointRunner:
    return place.endpoints(images=IMAGES_HERE)


@pytest.fixture
def serve(place: Place, endpoints: EndpointRunner) -> Serve:
    """Serves a model at endpoint `e`; its files, and variables of its container."""

    def make(files: dict[str, str], **variables: str) -> Record:
        place.write("model.tar.gz", archive(files))
        container = {"Image": IMAGE, "ModelDataUrl": place.uri("model.tar.gz"), "Environment": variables}
        place.records.create("Model", "m", {"ModelName": "m", "PrimaryContainer": container})
        config(place, "one", variant("v", "m"))
        return created(place, endpoints, "one")

    return make


def ask(endpoints: EndpointRunner, body: bytes = b"[1]", kind: str = "application/json", **more: Any) -> Any:
    status, headers, answer = endpoints.invoke(Invocation("e", body, kind, **more))
    return status, headers["Content-Type"], answer.decode()


def log(place: Place) -> list[str]:
    return place.log_of("/aws/sagemaker/Endpoints/e", "v/i-")


def test_a_script_of_the_model_s_own_archive(endpoints: EndpointRunner, serve: Serve) -> None:
    script = f"{LOADS}    def predict_fn(data, model): return data * model['slope']\n"
    assert serve({"model.json": '{"slope": 2}', "code/inference.py": script})["EndpointStatus"] == "InService"
    assert ask(endpoints, b"[[1, 2]]") == (200, "application/json", "[[2.0, 4.0]]")
    assert ask(endpoints, b"1,2\n3,4\n", "text/csv", accept="text/csv") == (
        200,
        "text/csv",
        "2.0,4.0\n6.0,8.0\n",
    )
    status, _, text = ask(endpoints, b"x", "text/plain")
    assert (status, text.partition(",")[0]) == (415, "'text/plain' is not supported by the default input_fn")
    assert ask(endpoints, accept="image/png")[0] == 406


def test_a_source_in_s3(place: Place, endpoints: EndpointRunner, serve: Serve) -> None:
    script = f"{NAMES}[os.path.basename(os.getcwd()), os.environ['SM_MODEL_DIR'], os.environ['A']]"
    place.write("sourcedir.tar.gz", archive({"serve.py": script}))
    record = serve(
        {"model.json": "{}"},
        SAGEMAKER_PROGRAM="serve.py",
        SAGEMAKER_SUBMIT_DIRECTORY=place.uri("sourcedir.tar.gz"),
        A="/opt/ml/model/x",
    )
    assert record["EndpointStatus"] == "InService", record
    model = place.home / "local" / "endpoints" / "e" / "0" / "0" / "ml" / "model"
    assert json.loads(ask(endpoints)[2]) == ["work", str(model), f"{model}/x"]


def test_a_source_that_is_not_there(place: Place, serve: Serve) -> None:
    uri = place.uri("no/such.tar.gz")
    record = serve({}, SAGEMAKER_PROGRAM="serve.py", SAGEMAKER_SUBMIT_DIRECTORY=uri)
    assert record["FailureReason"] == f"Could not find the source of the model's script at {uri}."


def test_a_folder_of_the_model(endpoints: EndpointRunner, serve: Serve) -> None:
    script = f"{NAMES}'from src'"
    record = serve(
        {"src/serve.py": script},
        SAGEMAKER_PROGRAM="serve.py",
        SAGEMAKER_SUBMIT_DIRECTORY="/opt/ml/model/src",
        SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT="text/plain",
    )
    assert record["EndpointStatus"] == "InService", record
    assert ask(endpoints) == (200, "text/plain", "from src")


@pytest.mark.parametrize(
    ("files", "variables", "end"),
    [
        pytest.param(
            {"code/inference.py": LOADS},
            {},
            '    with open(folder + "/model.json") as file:\n'
            "FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/model/model.json'",
            id="model_fn",
        ),
        pytest.param(
            {"code/inference.py": "import no_such_module"},
            {},
            "    import no_such_module\nModuleNotFoundError: No module named 'no_such_module'",
            id="import",
        ),
        pytest.param(
            {"code/inference.py": "def predict_fn(data, model): pass"},
            {},
            "model_fn failed:\n"
            "NotImplementedError: this image has no default model_fn: the script has to write one",
            id="no-model_fn",
        ),
        pytest.param(
            {"code/inference.py": "def transform_fn(): pass\ndef input_fn(): pass"},
            {},
            "inference.py failed:\n"
            "ValueError: transform_fn takes the place of input_fn: write the one or the other",
            id="both",
        ),
        pytest.param(
            {"code/inference.py": LOADS},
            {"SAGEMAKER_PROGRAM": "serve.py"},
            "SAGEMAKER_PROGRAM 'serve.py' is not a file of /opt/ml/model/code",
            id="no-program",
        ),
        pytest.param(
            {"code/inference.py": LOADS, "code/requirements.txt": "--no-index\nno-such-package-anywhere\n"},
            {},
            'No matching distribution found for no-such-package-anywhere"\nCommand "',
            id="requirements",
        ),
    ],
)
def test_a_model_that_cannot_be_served_fails_its_endpoint_at_once(
    serve: Serve, files: dict[str, str], variables: dict[str, str], end: str
) -> None:
    began = time.monotonic()
    record = serve(files, **variables)
    assert record["EndpointStatus"] == "Failed"
    assert end in record["FailureReason"]
    # Far from the five minutes that a server has to come up.
    assert time.monotonic() - began < 60


def test_an_error_of_a_function_is_told_and_its_place_is_in_the_log(
    place: Place, endpoints: EndpointRunner, serve: Serve
) -> None:
    script = "def model_fn(folder): pass\ndef predict_fn(data, model):\n    raise KeyError('shell weight')\n"
    serve({"code/inference.py": script})
    assert ask(endpoints) == (500, "text/plain", "predict_fn failed: KeyError: 'shell weight'")
    endpoints.close()
    assert [line.strip() for line in log(place)][-4:-1] == [
        "Traceback (most recent call last):",
        f'File "{place.home}/local/endpoints/e/0/0/ml/model/code/inference.py", line 3, in predict_fn',
        "raise KeyError('shell weight')",
    ]


def test_a_script_may_have_modules_that_are_called_like_ours(endpoints: EndpointRunner, serve: Serve) -> None:
    script = f"import pipeline, numpy\n{NAMES}pipeline.WORD"
    serve({"code/inference.py": script, "code/pipeline.py": "WORD = 'mine'"})
    assert ask(endpoints)[2] == "mine"


def test_requirements_are_installed_once(
    place: Place, endpoints: EndpointRunner, serve: Serve, tmp_path: Path
) -> None:
    wheel(tmp_path, "imgpipe_test_wheel")
    script = f"import imgpipe_test_wheel, sys\n{NAMES}imgpipe_test_wheel.__file__"
    wanted = f"--no-index\n--find-links {tmp_path}\nimgpipe_test_wheel\n"
    record = serve({"code/inference.py": script, "code/requirements.txt": wanted})
    assert record["EndpointStatus"] == "InService", record
    layers = place.home / "local" / "python"
    assert Path(ask(endpoints)[2]).is_relative_to(layers)
    endpoints.close()
    again = place.endpoints(images=IMAGES_HERE)
    again.restore()
    place.records.wait("Endpoint", "e", lambda record: record["EndpointStatus"] == "InService", 30)
    assert Path(ask(again)[2]).is_relative_to(layers)
    assert not list(Path(sys.prefix).glob("lib/python3*/site-packages/imgpipe_test_wheel*"))


def test_a_transform_job_installs_requirements_too(place: Place, tmp_path: Path) -> None:
    wheel(tmp_path, "imgpipe_test_wheel")
    script = f"import imgpipe_test_wheel\n{NAMES}imgpipe_test_wheel.WORD"
    wanted = f"--no-index\n--find-links {tmp_path}\nimgpipe_test_wheel\n"
    place.write("model.tar.gz", archive({"code/inference.py": script, "code/requirements.txt": wanted}))
    container = {"Image": IMAGE, "ModelDataUrl": place.uri("model.tar.gz")}
    place.records.create("Model", "m", {"ModelName": "m", "PrimaryContainer": container})
    place.write("rows/a", b"1")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": place.uri("rows/")}}
    record = {
        "TransformJobName": "t",
        "TransformJobStatus": "InProgress",
        "ModelName": "m",
        "TransformInput": {"DataSource": source},
        "TransformOutput": {"S3OutputPath": place.uri("out")},
        "CreationTime": 1.0,
    }
    place.records.create("TransformJob", "t", record)
    place.runner(images=IMAGES_HERE).start("TransformJob", "t")
    ended = place.finish("TransformJob", "t")
    assert ended["TransformJobStatus"] == "Completed", ended
    assert place.read("out/a.out") == b"installed"


MEETS = """
    import threading
    both = threading.Barrier(2)
    def model_fn(folder): pass
    def transform_fn(model, body, kind, accept):
        try:
            both.wait(float(body))
        except threading.BrokenBarrierError:
            return "alone"
        return "met"
"""


@pytest.mark.parametrize(("workers", "wait", "answer"), [("2", b"20", "met"), ("", b"0.1", "alone")])
def test_functions_run_side_by_side_only_if_asked_for(
    endpoints: EndpointRunner, serve: Serve, workers: str, wait: bytes, answer: str
) -> None:
    serve({"code/inference.py": MEETS}, SAGEMAKER_MODEL_SERVER_WORKERS=workers)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(ask(endpoints, wait)[2])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [answer, answer]
