"""Training jobs that run scripts: the toolkit, layers of Python, mounts and several instances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.local.jobs.job import Waits

from .place import MOUNTS, NO_MOUNTS, Place
from .sources import channel, members

Training = Callable[..., str]

TRAIN = """
    import argparse, json, os, pathlib, sys
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
    parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
    given = parser.parse_args()
    import beside
    print("saw", given.epochs, sorted(os.listdir(given.train)), beside.WORD, os.path.basename(os.getcwd()))
    pathlib.Path(given.model_dir, "model.txt").write_text("weights")
    pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "notes.txt").write_text("notes")
"""


@pytest.mark.parametrize("mounts", [MOUNTS, NO_MOUNTS], ids=["mounts", "no-mounts"])
def test_a_script_trains_a_model(place: Place, script: Callable[..., str], mounts: Any) -> None:
    place.write("data/a.csv", b"1")
    name = script(
        TRAIN,
        {"beside__py": "WORD = 'here'"},
        HyperParameters={"epochs": "3"},
        InputDataConfig=[channel("train", place.uri("data/"))],
    )
    place.runner(mounts=mounts).start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    assert record["TrainingJobStatus"] == "Completed", record
    log = place.log("TrainingJob", name)
    assert log[0] == "Invoking script with the following command:"
    assert log[2] == "python3 train.py --epochs 3"
    assert log[-1] == "saw 3 ['a.csv'] here code"
    assert members(place.read(f"out/{name}/output/model.tar.gz")) == {"model.txt": b"weights"}
    assert members(place.read(f"out/{name}/output/output.tar.gz")) == {"notes.txt": b"notes"}


HARD_CODED = """
    import json, socket
    from pathlib import Path
    told = json.loads(Path("/opt/ml/input/config/resourceconfig.json").read_text())
    Path("/opt/ml/model/host").write_text(told["current_host"])
    print(socket.gethostbyname("algo-1"))
"""


def test_paths_may_be_hard_coded_where_there_are_mounts(place: Place, script: Callable[..., str]) -> None:
    name = script(HARD_CODED)
    place.runner(mounts=MOUNTS).start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    if MOUNTS.works():
        assert record["TrainingJobStatus"] == "Completed", record
        assert place.log("TrainingJob", name)[-1] == "127.0.0.1"
        assert members(place.read(f"out/{name}/output/model.tar.gz")) == {"host": b"algo-1"}
    else:
        assert "FileNotFoundError" in record["FailureReason"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            "raise ValueError('no data')",
            'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: no data"\n'
            'Command "{python} train.py", exit code: 1',
            id="exception",
        ),
        pytest.param(
            "import sys; sys.exit('stop here')",
            'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "stop here"\n'
            'Command "{python} train.py", exit code: 1',
            id="message",
        ),
        pytest.param(
            "raise SystemExit(7)",
            'AlgorithmError: ExecuteUserScriptError:\nExitCode 7\nErrorMessage ""\n'
            'Command "{python} train.py", exit code: 7',
            id="exit-code",
        ),
        pytest.param(
            "open(__import__('os').environ['SM_OUTPUT_DIR'] + '/failure', 'w').write('mine' * 500); 1 / 0",
            "AlgorithmError: " + ("mine" * 500)[:993] + "…, exit code: 1",
            id="its-own-reason",
        ),
        pytest.param(
            "import os; os.kill(os.getpid(), 9)",
            'AlgorithmError: ExecuteUserScriptError:\nExitCode 137\nErrorMessage ""\n'
            'Command "{python} train.py", exit code: 137',
            id="killed",
        ),
    ],
)
def test_a_failed_script_says_why(place: Place, script: Callable[..., str], text: str, reason: str) -> None:
    name = script(text)
    place.runner().start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    # Not the path of this machine.
    assert record["FailureReason"] == reason.format(python="/opt/ml/python/bin/python3")


@pytest.mark.parametrize(
    ("hyperparameters", "reason"),
    [
        (
            {"sagemaker_program": "none.py"},
            "AlgorithmError: sagemaker_program 'none.py' is not a file of {uri}source.tar.gz, exit code: 1",
        ),
        (
            {"sagemaker_program": "../train.py"},
            (
                "AlgorithmError: sagemaker_program '../train.py' is not a file of {uri}source.tar.gz, "
                "exit code: 1"
            ),
        ),
        (
            {"sagemaker_submit_directory": "[]"},
            (
                "AlgorithmError: the hyperparameters sagemaker_program and sagemaker_submit_directory do not "
                "name a script, exit code: 1"
            ),
        ),
        (
            {"sagemaker_submit_directory": "s3://no-such-bucket-anywhere/x"},
            (
                "ClientError: Data download failed: NoSuchBucket: The specified bucket does not exist: "
                "no-such-bucket-anywhere"
            ),
        ),
    ],
)
def test_a_source_that_cannot_be_had_is_named(
    place: Place, script: Callable[..., str], hyperparameters: dict[str, str], reason: str
) -> None:
    name = script("pass", HyperParameters=hyperparameters)
    place.runner().start("TrainingJob", name)
    assert place.finish("TrainingJob", name)["FailureReason"] == reason.format(uri=place.uri())


CLUSTER = """
    import json, os, pathlib
    host = os.environ["SM_CURRENT_HOST"]
    told = json.loads(pathlib.Path(os.environ["SM_INPUT_CONFIG_DIR"], "resourceconfig.json").read_text())
    paths = {name: os.environ["SM_CHANNEL_" + name.upper()] for name in ("all", "part")}
    channels = {name: sorted(os.listdir(path)) for name, path in paths.items()}
    print(host, told["current_host"], told["hosts"], os.environ["SM_HOSTS"], channels)
    pathlib.Path(os.environ["SM_MODEL_DIR"], f"{host}.txt").write_text(host)
    pathlib.Path(os.environ["SM_MODEL_DIR"], "same.txt").write_text(host)
"""


@pytest.mark.parametrize("mounts", [MOUNTS, NO_MOUNTS], ids=["mounts", "no-mounts"])
def test_two_instances_share_a_job(place: Place, script: Callable[..., str], mounts: Any) -> None:
    for name in "abc":
        place.write(f"data/{name}", b"x")
    name = script(
        CLUSTER,
        ResourceConfig={"InstanceCount": 2, "InstanceType": "ml.m5.large"},
        InputDataConfig=[
            channel("all", place.uri("data/"), S3DataDistributionType="FullyReplicated"),
            channel("part", place.uri("data/"), S3DataDistributionType="ShardedByS3Key"),
        ],
    )
    place.runner(mounts=mounts).start("TrainingJob", name)
    assert place.finish("TrainingJob", name)["TrainingJobStatus"] == "Completed"
    group = "/aws/sagemaker/TrainingJobs"
    hosts = "['algo-1', 'algo-2'] [\"algo-1\",\"algo-2\"]"
    for host, part in (("algo-1", "['a', 'c']"), ("algo-2", "['b']")):
        assert place.log_of(group, f"{name}/{host}-")[-1] == (
            f"{host} {host} {hosts} {{'all': ['a', 'b', 'c'], 'part': {part}}}"
        )
    assert members(place.read(f"out/{name}/output/model.tar.gz")) == {
        "algo-1.txt": b"algo-1",
        "algo-2.txt": b"algo-2",
        "same.txt": b"algo-1",
    }


def test_one_failing_instance_fails_the_job(place: Place, script: Callable[..., str]) -> None:
    text = """
        import os, time
        if os.environ["SM_CURRENT_HOST"] == "algo-2":
            raise ValueError("only here")
        time.sleep(60)
    """
    name = script(text, ResourceConfig={"InstanceCount": 2, "InstanceType": "ml.m5.large"})
    place.runner(Waits(grace=30)).start("TrainingJob", name)
    reason = place.finish("TrainingJob", name)["FailureReason"]
    assert 'ErrorMessage "ValueError: only here"' in reason


def test_output_may_be_objects(place: Place, script: Callable[..., str]) -> None:
    place.write("data/a.csv", b"1")
    name = script(
        TRAIN,
        {"beside__py": "WORD = 'here'"},
        InputDataConfig=[channel("train", place.uri("data/"))],
        OutputDataConfig={"S3OutputPath": place.uri("out"), "CompressionType": "NONE"},
    )
    place.runner().start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    uri = place.uri(f"out/{name}/output/model/")
    assert record["ModelArtifacts"] == {"S3ModelArtifacts": uri}
    assert place.keys("out/") == [f"out/{name}/output/data/notes.txt", f"out/{name}/output/model/model.txt"]


@pytest.mark.parametrize(
    ("isolated", "expected"), [(False, "http://here"), (True, "None")], ids=["network", "isolated"]
)
def test_a_script_reaches_the_local_sagemaker_unless_it_is_isolated(
    place: Place, script: Callable[..., str], isolated: bool, expected: str
) -> None:
    name = script(
        "import os; print(os.environ.get('AWS_ENDPOINT_URL'), os.environ.get('SECRET'))",
        EnableNetworkIsolation=isolated,
    )
    place.runner(client={"AWS_ENDPOINT_URL": "http://here"}).start("TrainingJob", name)
    assert place.finish("TrainingJob", name)["TrainingJobStatus"] == "Completed"
    assert place.log("TrainingJob", name)[-1] == f"{expected} None"


@pytest.mark.parametrize(
    ("program", "files", "said"),
    [
        pytest.param("run.sh", {"run__sh": "#!/bin/sh\necho shell $*\n"}, "shell --epochs 2", id="shell"),
        pytest.param(
            "sub/run.py", {"sub/run__py": "import sys; print(sys.argv[1:])"}, "['--epochs', '2']", id="sub"
        ),
    ],
)
def test_other_programs_of_a_source(
    place: Place, script: Callable[..., str], program: str, files: dict[str, str], said: str
) -> None:
    name = script("pass", files, HyperParameters={"sagemaker_program": program, "epochs": "2"})
    place.runner().start("TrainingJob", name)
    assert place.finish("TrainingJob", name)["TrainingJobStatus"] == "Completed"
    assert place.log("TrainingJob", name)[-1] == said


@pytest.mark.parametrize("mounts", [MOUNTS, NO_MOUNTS], ids=["mounts", "no-mounts"])
def test_a_source_may_be_a_channel(place: Place, script: Callable[..., str], mounts: Any) -> None:
    place.write("code/train.py", b"print('of a channel')")
    name = script(
        "print('never')",
        HyperParameters={"sagemaker_submit_directory": "/opt/ml/input/data/code"},
        InputDataConfig=[channel("code", place.uri("code/"))],
    )
    place.runner(mounts=mounts).start("TrainingJob", name)
    assert place.finish("TrainingJob", name)["TrainingJobStatus"] == "Completed"
    assert place.log("TrainingJob", name)[-1] == "of a channel"


POLITE = """
    import os, pathlib, signal, sys, time

    def save(*_):
        pathlib.Path(os.environ["SM_MODEL_DIR"], "model.bin").write_bytes(b"best so far")
        sys.exit(0)

    signal.signal(signal.SIGTERM, save)
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("mounts", [MOUNTS, NO_MOUNTS], ids=["mounts", "no-mounts"])
def test_a_stopped_script_may_save_its_model(place: Place, script: Callable[..., str], mounts: Any) -> None:
    name = script(POLITE)
    runner = place.runner(Waits(grace=30), mounts=mounts)
    runner.start("TrainingJob", name)
    place.wait_for_log("TrainingJob", name, 5)
    runner.stop("TrainingJob", name)
    assert place.finish("TrainingJob", name)["TrainingJobStatus"] == "Stopped"
    assert members(place.read(f"out/{name}/output/model.tar.gz")) == {"model.bin": b"best so far"}


@pytest.mark.parametrize("mounts", [MOUNTS, NO_MOUNTS], ids=["mounts", "no-mounts"])
def test_a_script_that_does_not_listen_is_killed_with_its_children(
    place: Place, script: Callable[..., str], mounts: Any
) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); import os, time; os.fork();"
    name = script(f"{deaf} print('ready', flush=True); time.sleep(600)")
    runner = place.runner(Waits(grace=0.1), mounts=mounts)
    runner.start("TrainingJob", name)
    place.wait_for_log("TrainingJob", name, 5)
    runner.stop("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    assert (record["TrainingJobStatus"], record["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert place.keys("out/") == []
