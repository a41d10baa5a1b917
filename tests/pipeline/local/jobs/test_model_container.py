from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.local.jobs.archive import pack
from pipeline.local.jobs.model_container import BadModel, ModelContainer, find_container, lay_out_model
from pipeline.local.jobs.requirements import INSTALLER, Installer
from pipeline.local.records import Records

from .place import Place
from .serving.archives import archive

NO_INSTALLER = Installer("/none", {})
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/group/1"


@pytest.mark.parametrize(
    ("model", "container"),
    [
        pytest.param(
            {"PrimaryContainer": {"Image": "i", "ModelDataUrl": "s3://b/m", "Environment": {"A": "1"}}},
            ModelContainer("i", "s3://b/m", {"A": "1"}),
            id="primary",
        ),
        pytest.param({"Containers": [{"Image": "i"}]}, ModelContainer("i"), id="only-one-of-a-list"),
        pytest.param(
            {"PrimaryContainer": {"Image": "i", "ModelDataSource": {"S3DataSource": {"S3Uri": "s3://b/m"}}}},
            ModelContainer("i", "s3://b/m"),
            id="data-source",
        ),
        pytest.param(
            {"PrimaryContainer": {"ModelPackageName": PACKAGE, "Environment": {"A": "2"}}},
            ModelContainer("package-image", "s3://b/package", {"A": "2"}),
            id="package",
        ),
    ],
)
def test_a_model_has_a_container(place: Place, model: dict[str, Any], container: ModelContainer) -> None:
    containers = [{"Image": "package-image", "ModelDataUrl": "s3://b/package", "Environment": {"A": "1"}}]
    place.records.create("ModelPackage", "group/1", {"InferenceSpecification": {"Containers": containers}})
    place.records.create("Model", "m", {"ModelName": "m", **model})
    assert find_container(place.records, "m") == container


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (None, 'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/m".'),
        ({}, "Model m has no container."),
        (
            {"PrimaryContainer": {"ModelPackageName": PACKAGE}},
            f"Could not find the containers of model package {PACKAGE}.",
        ),
    ],
)
def test_a_model_that_is_not_there_is_named(
    tmp_path: Path, model: dict[str, Any] | None, reason: str
) -> None:
    records = Records(tmp_path / "r.sqlite")
    if model is not None:
        records.create("Model", "m", model)
    with pytest.raises(BadModel) as caught:
        find_container(records, "m")
    assert caught.value.reason == reason
    records.close()


def test_an_artifact_is_unpacked(place: Place, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "model.onnx").write_bytes(b"weights")
    pack(tmp_path / "source", tmp_path / "model.tar.gz")
    place.write("m/model.tar.gz", (tmp_path / "model.tar.gz").read_bytes())
    lay_out_model(
        ModelContainer("i", place.uri("m/model.tar.gz")), place.objects, tmp_path / "ml", NO_INSTALLER
    )
    assert [path.name for path in (tmp_path / "ml").iterdir()] == ["model"]
    assert (tmp_path / "ml" / "model" / "model.onnx").read_bytes() == b"weights"


def test_a_model_s_own_files_are_copied(place: Place, tmp_path: Path) -> None:
    place.write("out/model/a.bin", b"a")
    place.write("out/model/sub/b.bin", b"b")
    source = {"S3Uri": place.uri("out/model/"), "S3DataType": "S3Prefix", "CompressionType": "None"}
    container = {"Image": "i", "ModelDataSource": {"S3DataSource": source}}
    place.records.create("Model", "m", {"ModelName": "m", "PrimaryContainer": container})
    lay_out_model(find_container(place.records, "m"), place.objects, tmp_path / "ml", NO_INSTALLER)
    model = tmp_path / "ml" / "model"
    assert (model / "a.bin").read_bytes() + (model / "sub" / "b.bin").read_bytes() == b"ab"
    gone = ModelContainer("i", place.uri("none/"), is_archive=False)
    with pytest.raises(BadModel) as caught:
        lay_out_model(gone, place.objects, tmp_path / "other", NO_INSTALLER)
    assert caught.value.reason == f"Could not find model data at {place.uri('none/')}."


def test_a_model_may_have_no_artifact(place: Place, tmp_path: Path) -> None:
    lay_out_model(ModelContainer("i"), place.objects, tmp_path / "ml", NO_INSTALLER)
    assert list((tmp_path / "ml" / "model").iterdir()) == []


def test_an_artifact_that_cannot_be_used_is_named(place: Place, tmp_path: Path) -> None:
    place.write("text", b"not an archive")
    text = place.uri("text")
    with pytest.raises(BadModel) as caught:
        lay_out_model(ModelContainer("i", text), place.objects, tmp_path / "a", NO_INSTALLER)
    assert caught.value.reason == (
        f'Failed to extract model data archive from URL "{text}". Please ensure that the object located at '
        "the URL is a valid tar.gz archive: it is not a whole tar.gz archive: Not a gzipped file (b'no')."
    )
    for number, uri in enumerate((place.uri("none"), "s3://no-such-bucket-anywhere/m")):
        with pytest.raises(BadModel) as caught:
            lay_out_model(ModelContainer("i", uri), place.objects, tmp_path / str(number), NO_INSTALLER)
        assert caught.value.reason == f"Could not find model data at {uri}."


def test_the_source_of_a_script_is_unpacked_beside_the_model(place: Place, tmp_path: Path) -> None:
    place.write("source.tar.gz", archive({"inference.py": "pass"}))
    container = ModelContainer("i", None, {"SAGEMAKER_SUBMIT_DIRECTORY": place.uri("source.tar.gz")})
    installer = Installer("/layers", {"PIP_INDEX_URL": "x"})
    lay_out_model(container, place.objects, tmp_path / "ml", installer)
    assert (tmp_path / "ml" / "code" / "inference.py").read_text() == "pass"
    assert Installer.read(tmp_path / INSTALLER) == installer
    assert (tmp_path / INSTALLER).stat().st_mode & 0o777 == 0o600


def test_a_source_that_is_no_archive_is_named(place: Place, tmp_path: Path) -> None:
    place.write("notes.txt", b"notes")
    container = ModelContainer("i", None, {"SAGEMAKER_SUBMIT_DIRECTORY": place.uri("notes.txt")})
    with pytest.raises(BadModel) as caught:
        lay_out_model(container, place.objects, tmp_path / "ml", NO_INSTALLER)
    source = place.uri("notes.txt")
    assert caught.value.reason == (
        f"Failed to extract the source of the model's script from {source}: it is not a whole tar.gz "
        "archive: Not a gzipped file (b'no')."
    )
    assert not (tmp_path / "ml" / "source.tar.gz").exists()
