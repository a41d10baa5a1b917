from __future__ import annotations

import pytest

from steps.instance_types import SOURCE
from tests.pipeline.config.conftest import WHOLE, Refuse

HYPERPARAMETERS = WHOLE + "train:\n  hyperparameters:\n    "


REFUSED = {
    "missing key": (
        WHOLE.replace("  validation: s3://my-bucket/validation\n", ""),
        """\
c.yaml:4:3: error C101 missing-key: data lacks the key 'validation'
    3 | data:
    4 |   train: s3://my-bucket/train
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: add it: the S3 prefix of the images to measure the model on; or keep some of the training images \
for that by validation_share: 0.2""",
    ),
    "missing section": (
        WHOLE.replace("gate:\n  accuracy: 0.9\n", ""),
        """\
c.yaml:1:1: error C101 missing-key: the config lacks the key 'gate'
    1 | version: 1
      | ^^^^^^^^^^
  hint: add it: What a model must reach to be registered.""",
    ),
    "misspelt key": (
        WHOLE + "validate:\n  instance_typ: ml.m5.large\n",
        """\
c.yaml:9:3: error C102 unknown-key: 'instance_typ' is not a key of validate
    8 | validate:
    9 |   instance_typ: ml.m5.large
      |   ^^^^^^^^^^^^
  hint: did you mean 'instance_type'? its keys: \
instance_type, instance_count, volume_gb, max_runtime, min_images_per_class, on_corrupt, on_leak, \
severity, environment, retry""",
    ),
    "unknown key": (
        WHOLE + "triggers: []\n",
        """\
c.yaml:8:1: error C102 unknown-key: 'triggers' is not a key of the config
    7 |   accuracy: 0.9
    8 | triggers: []
      | ^^^^^^^^
  hint: its keys: version, name, region, role, bucket, data, validate, train, score, evaluate, gate, \
register, deploy, tags, network, encryption, parallelism, caching""",
    ),
    "hyperparameter that is counted": (
        HYPERPARAMETERS + "num_classes: 10\n",
        """\
c.yaml:10:5: error C102 unknown-key: 'num_classes' is not a key of train.hyperparameters
    9 |   hyperparameters:
   10 |     num_classes: 10
      |     ^^^^^^^^^^^
  hint: remove it: the pipeline counts the classes itself""",
    ),
    "text for a number": (
        HYPERPARAMETERS + "epochs: ten\n",
        """\
c.yaml:10:13: error C103 wrong-type: epochs takes a whole number, not 'ten'
    9 |   hyperparameters:
   10 |     epochs: ten
      |             ^^^""",
    ),
    "quoted number": (
        HYPERPARAMETERS + "epochs: '10'\n",
        """\
c.yaml:10:13: error C103 wrong-type: epochs takes a whole number, not '10'
    9 |   hyperparameters:
   10 |     epochs: '10'
      |             ^^^^
  hint: remove the quotes""",
    ),
    "fraction for a whole number": (
        HYPERPARAMETERS + "epochs: 1.5\n",
        """\
c.yaml:10:13: error C103 wrong-type: epochs takes a whole number, not 1.5
    9 |   hyperparameters:
   10 |     epochs: 1.5
      |             ^^^""",
    ),
    "true for a number": (
        HYPERPARAMETERS + "use_pretrained_model: true\n",
        """\
c.yaml:10:27: error C103 wrong-type: use_pretrained_model takes a whole number, not true
    9 |   hyperparameters:
   10 |     use_pretrained_model: true
      |                           ^^^^
  hint: write 1""",
    ),
    "yes for true": (
        HYPERPARAMETERS + "early_stopping: yes\n",
        """\
c.yaml:10:21: error C103 wrong-type: early_stopping takes true or false, not 'yes'
    9 |   hyperparameters:
   10 |     early_stopping: yes
      |                     ^^^
  hint: write true""",
    ),
    "off for false": (
        HYPERPARAMETERS + "early_stopping: off\n",
        """\
c.yaml:10:21: error C103 wrong-type: early_stopping takes true or false, not 'off'
    9 |   hyperparameters:
   10 |     early_stopping: off
      |                     ^^^
  hint: write false""",
    ),
    "number for a text": (
        HYPERPARAMETERS + "lr_scheduler_step: 10\n",
        """\
c.yaml:10:24: error C103 wrong-type: lr_scheduler_step takes a text, not 10
    9 |   hyperparameters:
   10 |     lr_scheduler_step: 10
      |                        ^^
  hint: put it in quotes""",
    ),
    "number for a duration": (
        WHOLE + "train: {max_runtime: 3600}\n",
        """\
c.yaml:8:22: error C103 wrong-type: max_runtime takes a text, not 3600
    7 |   accuracy: 0.9
    8 | train: {max_runtime: 3600}
      |                      ^^^^
  hint: write it like 90m""",
    ),
    "nothing": (
        WHOLE + "score:\n",
        """\
c.yaml:8:7: error C103 wrong-type: score takes keys with values below it, not empty
    7 |   accuracy: 0.9
    8 | score:
      |       ^
  hint: write a value, or remove the key""",
    ),
    "number for a section": (
        WHOLE.replace("gate:\n  accuracy: 0.9", "gate: 0.9"),
        """\
c.yaml:6:7: error C103 wrong-type: gate takes keys with values below it, not 0.9
    5 |   validation: s3://my-bucket/validation
    6 | gate: 0.9
      |       ^^^""",
    ),
    "mapping for a text": (
        WHOLE + "region: {a: b}\n",
        """\
c.yaml:8:9: error C103 wrong-type: region takes a text, not keys with values
    7 |   accuracy: 0.9
    8 | region: {a: b}
      |         ^^^^^^
  hint: write it like eu-west-1""",
    ),
    "number among texts": (
        WHOLE + "train: {instance_type: [ml.g5.xlarge, 5]}\n",
        """\
c.yaml:8:39: error C103 wrong-type: instance_type takes a text, not 5
    7 |   accuracy: 0.9
    8 | train: {instance_type: [ml.g5.xlarge, 5]}
      |                                       ^
  hint: put it in quotes""",
    ),
    "number for a text or a list": (
        WHOLE + "train: {instance_type: 5}\n",
        """\
c.yaml:8:24: error C103 wrong-type: instance_type takes a text or a list of texts, not 5
    7 |   accuracy: 0.9
    8 | train: {instance_type: 5}
      |                        ^""",
    ),
    "too small": (
        HYPERPARAMETERS + "epochs: 0\n",
        """\
c.yaml:10:13: error C104 out-of-range: epochs is 0, and 1 is the least
    9 |   hyperparameters:
   10 |     epochs: 0
      |             ^
  hint: write 1 or more""",
    ),
    "too large": (
        WHOLE.replace("0.9", "90"),
        """\
c.yaml:7:13: error C104 out-of-range: accuracy is 90, and 1 is the most
    6 | gate:
    7 |   accuracy: 90
      |             ^^
  hint: write 0.9: it is a share from 0 to 1, not a percentage""",
    ),
    "percentage of an optional share": (
        WHOLE + "  macro_f1: 87.5\n",
        """\
c.yaml:8:13: error C104 out-of-range: macro_f1 is 87.5, and 1 is the most
    7 |   accuracy: 0.9
    8 |   macro_f1: 87.5
      |             ^^^^
  hint: write 0.875: it is a share from 0 to 1, not a percentage""",
    ),
    "more than a percentage": (
        WHOLE.replace("0.9", "900"),
        """\
c.yaml:7:13: error C104 out-of-range: accuracy is 900, and 1 is the most
    6 | gate:
    7 |   accuracy: 900
      |             ^^^
  hint: write 1 or less""",
    ),
    "large rate": (
        HYPERPARAMETERS + "learning_rate: 10\n",
        """\
c.yaml:10:20: error C104 out-of-range: learning_rate is 10, and 1 is the most
    9 |   hyperparameters:
   10 |     learning_rate: 10
      |                    ^^
  hint: write 1 or less""",
    ),
    "not a number": (
        WHOLE.replace("0.9", ".nan"),
        """\
c.yaml:7:13: error C104 out-of-range: accuracy is no finite number
    6 | gate:
    7 |   accuracy: .nan
      |             ^^^^
  hint: write digits""",
    ),
    "empty list": (
        WHOLE + "train: {instance_type: []}\n",
        """\
c.yaml:8:24: error C104 out-of-range: instance_type is an empty list
    7 |   accuracy: 0.9
    8 | train: {instance_type: []}
      |                        ^^
  hint: write 1 item or more""",
    ),
    "long list": (
        WHOLE + f"train:\n  instance_type:\n{''.join(f'    - ml.g5.x{n}{chr(10)}' for n in range(11))}",
        """\
c.yaml:10:5: error C104 out-of-range: instance_type has 11 items, and 10 are the most
    9 |   instance_type:
   10 |     - ml.g5.x0
      |     ^^^^^^^^^^
  hint: remove 1 of them""",
    ),
    "long name": (
        WHOLE + f"deploy: {{endpoint: {'e' * 38}}}\n",
        """\
c.yaml:8:20: error C104 out-of-range: endpoint is longer than 37 characters
    7 |   accuracy: 0.9
    8 | deploy: {endpoint: eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee}
      |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: shorten it by 1 or more""",
    ),
    "long duration": (
        WHOLE + "evaluate: {max_runtime: 10d}\n",
        """\
c.yaml:8:25: error C104 out-of-range: max_runtime is longer than 9d
    7 |   accuracy: 0.9
    8 | evaluate: {max_runtime: 10d}
      |                         ^^^
  hint: write 9d or less""",
    ),
    "misspelt choice": (
        WHOLE + "validate: {on_corrupt: skipp}\n",
        """\
c.yaml:8:24: error C105 unknown-value: on_corrupt is 'skipp', and can be fail or skip
    7 |   accuracy: 0.9
    8 | validate: {on_corrupt: skipp}
      |                        ^^^^^
  hint: did you mean 'skip'?""",
    ),
    "other algorithm": (
        WHOLE + "train: {algorithm: xgboost}\n",
        """\
c.yaml:8:20: error C105 unknown-value: algorithm is 'xgboost', and can be image-classification
    7 |   accuracy: 0.9
    8 | train: {algorithm: xgboost}
      |                    ^^^^^^^""",
    ),
    "quoted choice": (
        HYPERPARAMETERS + "num_layers: '50'\n",
        """\
c.yaml:10:17: error C105 unknown-value: num_layers is '50', and can be \
18, 34, 50, 101, 152, 200, 20, 32, 44, 56 or 110
    9 |   hyperparameters:
   10 |     num_layers: '50'
      |                 ^^^^
  hint: remove the quotes""",
    ),
    "no S3 prefix": (
        WHOLE.replace("s3://my-bucket/train", "my-bucket/train"),
        """\
c.yaml:4:10: error C106 bad-value: train is 'my-bucket/train', which is not an S3 prefix below a bucket
    3 | data:
    4 |   train: my-bucket/train
      |          ^^^^^^^^^^^^^^^
  hint: write it like s3://my-bucket/images/train""",
    ),
    "fragment in a prefix": (
        WHOLE.replace("s3://my-bucket/train", "s3://my-bucket/run#1"),
        """\
c.yaml:4:10: error C106 bad-value: train is 's3://my-bucket/run#1', and '#' may not be in it
    3 | data:
    4 |   train: s3://my-bucket/run#1
      |          ^^^^^^^^^^^^^^^^^^^^
  hint: use a prefix without it: programs that read S3 URIs as URLs cut the rest off, or change it""",
    ),
    "underscore in the name": (
        WHOLE.replace("digits", "my_digits"),
        """\
c.yaml:2:7: error C106 bad-value: name is 'my_digits', which is not a name of letters, digits and hyphens \
between them
    1 | version: 1
    2 | name: my_digits
      |       ^^^^^^^^^
  hint: write it like cats-and-dogs""",
    ),
    "instance type that SageMaker lacks": (
        WHOLE + "score: {instance_type: [ml.m5.large, ml.m5.xlrage]}\n",
        """\
c.yaml:8:38: error C213 unknown-instance: SageMaker has no ml.m5.xlrage for batch transform jobs
    7 |   accuracy: 0.9
    8 | score: {instance_type: [ml.m5.large, ml.m5.xlrage]}
      |                                      ^^^^^^^^^^^^
  why:  it is not in the list of """
        + SOURCE
        + "\n  hint: did you mean 'ml.m5.xlarge'?",
    ),
    "instance type of EC2": (
        WHOLE + "score: {instance_type: m5.large}\n",
        """\
c.yaml:8:24: error C106 bad-value: instance_type is 'm5.large', which is not a SageMaker instance type
    7 |   accuracy: 0.9
    8 | score: {instance_type: m5.large}
      |                        ^^^^^^^^
  hint: write it like ml.g5.xlarge""",
    ),
    "repeated item": (
        WHOLE + "score: {instance_type: [ml.m5.large, ml.m5.large]}\n",
        """\
c.yaml:8:24: error C106 bad-value: 'ml.m5.large' appears twice in instance_type
    7 |   accuracy: 0.9
    8 | score: {instance_type: [ml.m5.large, ml.m5.large]}
      |                        ^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: keep one of them""",
    ),
    "planned value": (
        WHOLE + "deploy: {when: approved}\n",
        """\
c.yaml:8:16: error C107 not-in-this-version: when: 'approved' is not available in this version: \
nothing waits for the approval of a model yet
    7 |   accuracy: 0.9
    8 | deploy: {when: approved}
      |                ^^^^^^^^
  hint: write gate, to deploy each model that passes the gate, or never""",
    ),
}


@pytest.mark.parametrize(("text", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_values(refuse: Refuse, text: str, error: str) -> None:
    assert refuse(text) == error


def test_a_long_wrong_value_is_shortened(refuse: Refuse) -> None:
    assert f"epochs takes a whole number, not '{'x' * 59}…'" in refuse(
        HYPERPARAMETERS + f"epochs: {'x' * 500}\n"
    )
