"""plan and upsert as a user types them, on a local SageMaker of their own."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier

import pytest

from pipeline.cli import entry
from pipeline.cli.target import Target
from pipeline.session import Session
from pipeline.upserting.desired import Desired
from pipeline.upserting.upsert import Upserted, upsert
from pipeline.versions import versions

CONFIG = """\
version: 1
name: digits
data: {train: "s3://${bucket}/digits/train", validation: "s3://${bucket}/digits/validation"}
train: {hyperparameters: {epochs: 4}}
gate: {accuracy: 0.9}
"""
BUCKET = "sagemaker-us-east-1-123456789012"


@dataclass(frozen=True)
class Cli:
    """The command line in a folder with a config."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            entry.main(words)
        assert isinstance(caught.value.code, int)
        return (caught.value.code, *self.capsys.readouterr())

    def configure(self, **changes: str) -> None:
        """Writes the config, each changed text replaced and the others appended."""
        text = CONFIG
        for old, new in changes.items():
            text = text.replace(old, new) if old in text else f"{text}{old}: {new}\n"
        (self.folder / "c.yaml").write_text(text)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home of its own, whose local SageMaker is down in the end. No test may start one anywhere else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGPIPE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("IMGPIPE_LOCAL_PORT", "0")
        for name in ("AWS_ENDPOINT_URL", "IMGPIPE_ROLE"):
            patch.delenv(name, raising=False)
        yield
        with pytest.raises(SystemExit):
            entry.main(["local", "down"])


@pytest.fixture
def cli(
    local: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Cli:
    monkeypatch.chdir(tmp_path)
    made = Cli(tmp_path, capsys)
    made.configure()
    return made


TARGET = ("--local", "-c", "c.yaml")


def changes(text: str) -> list[str]:
    """The part of a plan that says what would be done."""
    return text.split("\n\n")[1].splitlines()


THERE = ["  model package group digits: exists", f"  bucket {BUCKET}: exists"]
NOTHING = ["  pipeline digits: unchanged", *THERE, "nothing to do"]


def test_from_nothing_to_a_plan_that_is_applied(cli: Cli) -> None:
    _everything_is_made(cli)
    _a_plan_is_applied_once(cli)
    _an_outdated_plan_is_refused(cli)
    _versions_come_back(cli)


def _everything_is_made(cli: Cli) -> None:
    code, told, _ = cli("plan", *TARGET)
    assert code == 2
    assert told.startswith(
        "pipeline digits on the local SageMaker, account 123456789012\n\n+ pipeline digits: create\n"
    )
    assert "    + parameter Epochs (String, default 4)\n" in told
    assert changes(told)[-4:] == [
        f"  bucket {BUCKET}: exists",
        *(line for line in changes(told) if "upload (" in line),
        "2 to create, 2 to upload",
    ]

    assert cli("upsert", *TARGET)[:2] == (
        0,
        """\
+ pipeline digits: created, version 1
+ model package group digits: created
+ validate.pyz: uploaded
+ evaluate.pyz: uploaded
2 created, 2 uploaded
""",
    )
    code, told, _ = cli("plan", *TARGET)
    assert (code, changes(told)) == (0, NOTHING)
    assert cli("upsert", *TARGET)[:2] == (0, "  pipeline digits: unchanged\nnothing to do\n")


def _a_plan_is_applied_once(cli: Cli) -> None:
    cli.configure(**{"epochs: 4": "epochs: 5", "parallelism": "3", "tags": "{team: vision}"})
    code, told, err = cli("plan", *TARGET, "--out", "plan.json")
    assert (code, changes(told)) == (
        2,
        [
            "~ pipeline digits: update",
            "    + parallelism: 3",
            "    + tags[team]: vision",
            "    ~ parameter Epochs: default 4 → 5",
            "    ~ steps ValidateImages, TrainModel, CreateModel, ScoreValidation, EvaluateModel",
            "      + Tags[team]: vision",
            "~ model package group digits: update",
            "    + tags[team]: vision",
            THERE[1],
            "2 to update",
        ],
    )
    assert err.endswith("wrote plan.json; apply it by `imgpipe upsert plan.json --local`\n")

    summary = "parallelism changed, tags changed, 1 parameter changed, 5 steps changed"
    updated = (
        f"~ pipeline digits: updated, version 2 ({summary})\n"
        "~ model package group digits: updated\n2 updated\n"
    )
    assert cli("upsert", "plan.json", "--local") == (0, updated, "")
    code, told, _ = cli("plan", *TARGET)
    assert (code, changes(told)) == (0, NOTHING)
    assert cli("upsert", "plan.json", "--local") == (0, "  pipeline digits: unchanged\nnothing to do\n", "")


def _an_outdated_plan_is_refused(cli: Cli) -> None:
    cli.configure(**{"epochs: 4": "epochs: 6", "tags": "{team: sound}", "parallelism": "3"})
    assert cli("upsert", *TARGET)[0] == 0
    code, _, err = cli("upsert", "plan.json", "--local")
    assert code == 1
    made = json.loads(Path("plan.json").read_text())["content"]["made"]
    assert err == (
        f"error R125 plan-outdated: pipeline 'digits' has changed since plan.json was made ({made})\n"
        "  since: ~ parallelism: no limit → 3\n"
        "         + tags[team]: sound\n"
        "         ~ parameter Epochs: default 4 → 6\n"
        "         ~ steps ValidateImages, TrainModel, CreateModel, ScoreValidation, EvaluateModel\n"
        "           + Tags[team]: sound\n"
        "  hint:  `imgpipe plan --local` shows what an upsert would do now\n"
    )


def _versions_come_back(cli: Cli) -> None:
    listed = json.loads(cli("list", "--versions", "--json", *TARGET)[1])
    assert [(one["version"], one["current"]) for one in listed] == [(3, True), (2, False), (1, False)]
    code, told, err = cli("upsert", "--to-version", "1", *TARGET)
    assert (code, told) == (
        0,
        "~ pipeline digits: updated, version 4 (1 parameter changed, 5 steps changed)\n1 updated\n",
    )
    assert err == (
        "    ~ parameter Epochs: default 6 → 4\n"
        "    ~ steps ValidateImages, TrainModel, CreateModel, ScoreValidation, EvaluateModel\n"
        "      - Tags[team]: sound\n"
        "the YAML still says otherwise: the next upsert of it replaces version 1 again\n"
    )
    assert cli("upsert", "--to-version", "1", *TARGET)[1] == "  pipeline digits: unchanged\nnothing to do\n"
    code, _, err = cli("upsert", "--to-version", "9", *TARGET)
    assert code == 1
    assert err == (
        "error R131 no-version: pipeline 'digits' has no version 9\n"
        "  there are: 4, 3, 2, 1\n"
        "  hint:      `imgpipe list --versions --local -c c.yaml` tells what each is\n"
    )
    table = cli("list", "--versions", *TARGET)[1].splitlines()
    assert [line.split()[0] for line in table] == ["VERSION", "4", "3", "2", "1", "*"]
    assert table[1].split("  ")[-1].strip().startswith("version 1 again; by imgpipe ")
    assert cli("list", *TARGET) == (0, "", "pipeline digits has no executions\n")


def test_errors_of_a_plan_are_1_since_2_means_changes(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = cli("plan", "--nope")
    assert (code, err.splitlines()[-1]) == (1, "Error: No such option: --nope")
    cli.configure(gate="{accuracy: 2}")
    code, told, _ = cli("plan", *TARGET, "--json")
    assert code == 1
    assert json.loads(told)["error"]
    cli.configure()
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    code, _, err = cli("plan", "-c", "c.yaml")
    assert (code, err.splitlines()[0]) == (1, "error R002 no-region: no AWS region is set")


def test_the_help_tells_the_exit_codes(cli: Cli) -> None:
    code, told, _ = cli("plan", "--help")
    assert code == 0
    assert "Exits with 0 if there is nothing to do, 2 if there is, 1 on any error." in told


def test_a_plan_is_not_written_over_something_else(cli: Cli) -> None:
    Path("notes.txt").write_text("mine")
    code, _, err = cli("plan", *TARGET, "--out", "notes.txt")
    assert (code, err) == (
        1,
        "error R126 not-a-plan: notes.txt is there and is no plan\n  hint: name another file\n",
    )
    assert Path("notes.txt").read_text() == "mine"


def wanted(session: Session, name: str, message: str) -> Desired:
    step = {"Name": "Say", "Type": "Fail", "Arguments": {"ErrorMessage": message}}
    return Desired(
        name=name,
        definition=json.dumps({"Version": "2020-12-01", "Steps": [step]}),
        bucket=session.facts.bucket,
        bundles=(),
        group=name,
        role=session.facts.role,
    )


def at_once(plans: list[Desired]) -> list[Upserted]:
    """The outcomes of upserts that begin together, each with clients of its own."""
    barrier = Barrier(len(plans))

    def apply(one: Desired) -> Upserted:
        session = Target(Path("c.yaml"), local=True).session()
        session.client("sagemaker")
        barrier.wait()
        return upsert(session, one)

    with ThreadPoolExecutor(len(plans)) as pool:
        return list(pool.map(apply, plans))


@pytest.mark.usefixtures("cli")
def test_upserts_at_once_make_one_pipeline() -> None:
    session = Target(Path("c.yaml"), local=True).session()
    done = at_once([wanted(session, "at-once", "no")] * 6)
    assert {one.action for one in done} <= {"created", "unchanged"}
    assert "created" in {one.action for one in done}
    assert [version.number for version in versions(session, "at-once")] == [1]


@pytest.mark.usefixtures("cli")
def test_upserts_at_once_that_differ_end_with_one_of_them() -> None:
    session = Target(Path("c.yaml"), local=True).session()
    texts = ["one", "two", "three"]
    at_once([wanted(session, "at-odds", text) for text in texts * 2])
    described = session.client("sagemaker").describe_pipeline(PipelineName="at-odds")
    assert described["PipelineDefinition"] in [wanted(session, "at-odds", text).definition for text in texts]


@pytest.mark.usefixtures("cli")
def test_a_large_definition_is_the_same_on_the_way_back() -> None:
    session = Target(Path("c.yaml"), local=True).session()
    large = replace(
        wanted(session, "large", "no"),
        definition=json.dumps(
            {
                "Version": "2020-12-01",
                "Metadata": {"note": "x" * 100 * 1024},
                "Steps": [{"Name": "Say", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}],
            }
        ),
    )
    done = upsert(session, large)
    assert done.action == "created"
    assert done.uploaded[0].startswith(f"s3://{BUCKET}/large/definitions/")
    assert upsert(session, large).action == "unchanged"
