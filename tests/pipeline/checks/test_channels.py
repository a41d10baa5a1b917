from __future__ import annotations

import pytest

from tests.pipeline.checks.trainings import (
    Change,
    Json,
    changed,
    earlier_model,
    in_channel,
    sharded,
    with_one_attribute,
    without_attributes,
    without_wrapper,
)

BAD: dict[str, tuple[Change, list[Json], list[str]]] = {
    "no lists": (
        lambda arguments: arguments["InputDataConfig"].__delitem__(slice(2, 4)),
        [],
        [
            ("error C218 InputDataConfig: there is no channel 'train_lst', which image files need"),
            ("error C218 InputDataConfig: there is no channel 'validation_lst', which image files need"),
        ],
    ),
    "no channels": (
        lambda arguments: arguments.pop("InputDataConfig"),
        [],
        ["error C218 : there is no channel 'train'"],
    ),
    "a channel of another name": (
        in_channel(0, ChannelName="training"),
        [],
        [
            "error C218 InputDataConfig: there is no channel 'train'",
            ("warning C268 InputDataConfig.0.ChannelName: the algorithm reads no channel 'training'"),
        ],
    ),
    "another content type": (
        in_channel(1, ContentType="text/csv"),
        [],
        [
            (
                "error C219 InputDataConfig.1.ContentType: channel 'validation' has the content "
                "type text/csv, which the algorithm does not read"
            )
        ],
    ),
    "two formats": (
        in_channel(1, ContentType="application/x-recordio"),
        [],
        [
            (
                "error C219 InputDataConfig.1.ContentType: channel 'validation' has the content "
                "type application/x-recordio, and channel 'train' application/x-image"
            )
        ],
    ),
    "a content type of images that is not documented for channels": (
        in_channel(2, ContentType="image/jpeg"),
        [],
        [
            (
                "warning C269 InputDataConfig.2.ContentType: channel 'train_lst' has the content "
                "type image/jpeg; application/x-image is documented for channels"
            )
        ],
    ),
    "no content type": (
        lambda arguments: arguments["InputDataConfig"][3].pop("ContentType"),
        [],
        ["warning C269 InputDataConfig.3: channel 'validation_lst' has no content type"],
    ),
    "image files in Pipe mode": (
        lambda arguments: arguments["AlgorithmSpecification"].update(TrainingInputMode="Pipe"),
        [],
        [
            (
                "error C219 AlgorithmSpecification.TrainingInputMode: channels 'train', 'validation', "
                "'train_lst', 'validation_lst' are read in Pipe mode, which image files cannot be"
            )
        ],
    ),
    "one channel of image files in Pipe mode": (
        in_channel(1, InputMode="Pipe"),
        [],
        [
            (
                "error C219 InputDataConfig.1.InputMode: channel 'validation' is read in Pipe mode, "
                "which image files cannot be"
            )
        ],
    ),
    "image files in FastFile mode": (
        lambda arguments: arguments["AlgorithmSpecification"].update(TrainingInputMode="FastFile"),
        [],
        [
            (
                "warning C282 AlgorithmSpecification.TrainingInputMode: channels 'train', 'validation', "
                "'train_lst', 'validation_lst' are read in FastFile mode, which is not documented "
                "for the algorithm"
            )
        ],
    ),
    "image files split among machines": (
        sharded,
        [],
        [
            (
                "error C219 InputDataConfig.0.DataSource.S3DataSource.S3DataDistributionType: "
                "channel 'train' is split among machines, and image files must be on each"
            )
        ],
    ),
    "manifest without attributes": (
        without_attributes,
        [],
        [
            (
                "error C219 InputDataConfig.1.DataSource.S3DataSource: channel 'validation' does "
                "not say which attributes of its manifest to read"
            )
        ],
    ),
    "manifest with one attribute": (
        with_one_attribute,
        [],
        [
            (
                "error C219 InputDataConfig.1.DataSource.S3DataSource.AttributeNames: channel "
                "'validation' reads 1 attributes of its manifest, and needs 2"
            )
        ],
    ),
    "manifest without wrapping": (
        without_wrapper,
        [],
        [("error C219 InputDataConfig.0: channel 'train' does not wrap what its manifest names as RecordIO")],
    ),
    "earlier model without a content type": (
        earlier_model(),
        [],
        [
            (
                "error C219 InputDataConfig.4: channel 'model' has the content type none, and needs "
                "application/x-sagemaker-model"
            )
        ],
    ),
    "earlier model in Pipe mode": (
        earlier_model(content_type="application/x-sagemaker-model", InputMode="Pipe"),
        [],
        ["error C219 InputDataConfig.4.InputMode: channel 'model' is read in File mode only"],
    ),
}


@pytest.mark.parametrize(("change", "parameters", "told"), BAD.values(), ids=BAD.keys())
def test_channels_that_the_algorithm_does_not_take(
    change: Change, parameters: list[Json], told: list[str]
) -> None:
    assert changed(change, parameters) == told
