"""What a team configures: good configs, and bad ones with all that is said of them."""

from __future__ import annotations

import pytest

from steps.validate.findings import CHECKS
from tests.pipeline.config.conftest import WHOLE, Load, Refuse, told

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:us-east-1:111122223333:key/{KEY}"
MANY = ", ".join(f"k{index}: v" for index in range(51))
VARIABLES = ", ".join(f"K{index}: v" for index in range(101))

GOOD = {
    "tags": 'tags: {team: vision, "cost center": "4711", "a:b/c=d+e-f@g_h.i": "", über: größe}',
    "fifty tags": f"tags: {{{MANY.removesuffix(', k50: v')}}}",
    "network": "network: {subnets: [subnet-1, subnet-2], security_groups: sg-1}",
    "isolation without a VPC": "network: {isolation: true, encrypt_traffic: true}",
    "KMS key by id": f"encryption: {{output_key: {KEY}}}",
    "KMS key by alias": "encryption: {output_key: alias/team/results}",
    "KMS key by an alias' ARN": "encryption: {output_key: 'arn:aws:kms:us-east-1:111122223333:alias/a'}",
    "KMS key by ARN in its region": f"region: us-east-1\nencryption: {{output_key: '{ARN}'}}",
    "KMS key of several regions": "encryption: {output_key: mrk-1234abcd12ab34cd56ef1234567890ab}",
    "KMS key for disks without local storage": (
        f"encryption: {{volume_key: '{ARN}'}}\ntrain: {{instance_type: ml.p3.2xlarge}}"
        "\nvalidate: {instance_type: ml.m5.large}"
    ),
    "parallelism": "parallelism: 1",
    "severities": "validate: {severity: {hidden-file: ignore, stray-file: error, no-images:}}",
    "caching": "caching: 12h",
    "isolation of one instance": "network: {isolation: true}\nvalidate: {instance_count: 1}",
    "spot": "train: {spot: {}}",
    "spot for as long as the job": "train: {max_runtime: 48h, spot: {max_wait: 2d}}",
    "spot without checkpoints for an hour": (
        "train: {max_runtime: 1h, spot: {max_wait: 60m, checkpoints: false}}"
    ),
    "input mode": "train: {input_mode: File}",
    "an earlier model": "train: {initial_model: s3://my-bucket/model.tar.gz}",
    "an earlier model of an execution": (
        "train: {initial_model: 's3://${bucket}/digits/executions/abc/TrainModel/x/output/model.tar.gz'}"
    ),
    "variables": "train: {environment: {LOG_LEVEL: debug, _A1: ''}}",
    "a hundred variables": f"train: {{environment: {{{VARIABLES.removesuffix(', K100: v')}}}}}",
    "no retries": "train: {retry: []}",
    "retries": (
        "train: {retry: [{when: capacity, interval: 12h, backoff: 1, expire: 10d}, {when: [throttling]}]}"
    ),
    "retries without a job": "register: {retry: [{when: [service_fault, throttling], attempts: 20}]}",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
def test_good_configs(load: Load, text: str) -> None:
    told = load(f"{WHOLE}{text}\n").warnings
    assert {one.code for one in told} <= {"C251"}


BAD = {
    "severity of no check": (
        "validate: {severity: {hidden-fil: ignore}}",
        """\
c.yaml:8:23: error C102 unknown-key: 'hidden-fil' is not a key of validate.severity
hint: did you mean 'hidden-file'? its keys: """
        + ", ".join(CHECKS),
    ),
    "unknown severity": (
        "validate: {severity: {hidden-file: warn}}",
        """\
c.yaml:8:36: error C105 unknown-value: hidden-file is 'warn', and can be error, warning or ignore
hint: did you mean 'warning'?""",
    ),
    "more instances than there may be": (
        "validate: {instance_count: 21}",
        """\
c.yaml:8:28: error C104 out-of-range: instance_count is 21, and 20 is the most
hint: write 20 or less""",
    ),
    "leaks that are ignored": (
        "validate: {on_leak: ignore}",
        """\
c.yaml:8:21: error C105 unknown-value: on_leak is 'ignore', and can be fail or skip""",
    ),
    "tag that is a number": (
        "tags: {team: 5}",
        """\
c.yaml:8:14: error C103 wrong-type: team takes a text, not 5
hint: put it in quotes""",
    ),
    "tags in a list": (
        "tags: [team]",
        """\
c.yaml:8:7: error C103 wrong-type: tags takes keys with texts below it, not a list""",
    ),
    "tag of AWS": (
        "tags: {'AWS:team': a}",
        """\
c.yaml:8:20: error C238 bad-tag: 'AWS:team' begins with aws:, which AWS keeps for tags of its own
hint: choose another key""",
    ),
    "tag without a key": (
        "tags: {'': a}",
        """\
c.yaml:8:12: error C238 bad-tag: the key of a tag is empty
hint: name it""",
    ),
    "long key of a tag": (
        f"tags: {{{'k' * 130}: a}}",
        """\
c.yaml:8:140: error C238 bad-tag: the key of the tag 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk' has \
130 characters, and 128 are the most
hint: shorten it by 2 or more""",
    ),
    "long value of a tag": (
        f"tags: {{team: {'v' * 257}}}",
        """\
c.yaml:8:14: error C238 bad-tag: the value of the tag 'team' has 257 characters, and 256 are the \
most
hint: shorten it by 1 or more""",
    ),
    "character in a tag": (
        "tags: {team: 'a*b'}",
        """\
c.yaml:8:14: error C238 bad-tag: the value of the tag 'team' holds a character that AWS does not \
take in tags
hint: use letters, digits, spaces and _ . : / = + - @""",
    ),
    "too many tags": (
        f"tags: {{{MANY}}}",
        """\
c.yaml:8:7: error C238 bad-tag: 51 tags, and a resource takes 50
hint: remove 1 of them""",
    ),
    "subnets only": (
        "network: {subnets: subnet-1}",
        """\
c.yaml:8:20: error C231 half-a-network: subnets without security_groups
why:  a VpcConfig needs both
hint: add network.security_groups, or remove subnets""",
    ),
    "security groups only": (
        "network: {security_groups: [sg-1, sg-2]}",
        """\
c.yaml:8:28: error C231 half-a-network: security_groups without subnets
why:  a VpcConfig needs both
hint: add network.subnets, or remove security_groups""",
    ),
    "a VPC for a subnet": (
        "network: {subnets: vpc-1, security_groups: sg-1}",
        """\
c.yaml:8:20: error C106 bad-value: subnets is 'vpc-1', which is not the id of a subnet
hint: write it like subnet-0a1b2c3d4e5f60718""",
    ),
    "too many security groups": (
        "network: {subnets: subnet-1, security_groups: [sg-1, sg-2, sg-3, sg-4, sg-5, sg-6]}",
        """\
c.yaml:8:47: error C104 out-of-range: security_groups has 6 items, and 5 are the most
hint: remove 1 of them""",
    ),
    "isolation in words": (
        "network: {isolation: yes}",
        """\
c.yaml:8:22: error C103 wrong-type: isolation takes true or false, not 'yes'
hint: write true""",
    ),
    "alias for disks": (
        "encryption: {volume_key: alias/a}",
        f"""\
c.yaml:8:26: error C106 bad-value: volume_key is 'alias/a', which is not the id or the ARN of a KMS \
key; disks take no alias
hint: write it like {ARN}""",
    ),
    "no KMS key": (
        "encryption: {output_key: secret}",
        f"""\
c.yaml:8:26: error C106 bad-value: output_key is 'secret', which is not the id, the alias or the \
ARN of a KMS key
hint: write it like {ARN}""",
    ),
    "KMS key of another region": (
        f"region: eu-west-1\nencryption: {{volume_key: '{ARN}'}}\ntrain: {{instance_type: ml.g5.xlarge}}",
        """\
c.yaml:9:26: error C241 key-elsewhere: the key is in us-east-1, and the pipeline runs in eu-west-1
why:  SageMaker uses keys of its own region only
hint: name a key of eu-west-1""",
    ),
    "role of another partition": (
        "region: cn-north-1\nrole: arn:aws:iam::111122223333:role/run",
        """\
c.yaml:9:7: error C242 role-elsewhere: the role begins with arn:aws:, and those of cn-north-1 with \
arn:aws-cn:
why:  an account belongs to one partition of AWS, and so do its roles
hint: name a role of the account that has cn-north-1""",
    ),
    "number with a unit": (
        "train: {volume_gb: 50 GB}",
        """\
c.yaml:8:20: error C103 wrong-type: volume_gb takes a whole number, not '50 GB'
hint: write 50, without GB""",
    ),
    "share in percent": (
        "train: {hyperparameters: {learning_rate: 10%}}",
        """\
c.yaml:8:42: error C103 wrong-type: learning_rate takes a number, not '10%'
hint: write 0.1""",
    ),
    "KMS key for some machines of a list": (
        (
            "deploy: {when: gate, instance_type: [ml.m5.large, ml.m5d.large]}\n"
            f"encryption: {{volume_key: {KEY}}}"
        ),
        """\
c.yaml:8:37: error C237 mixed-storage: encryption.volume_key fits ml.m5.large, and SageMaker \
refuses it for ml.m5d.large
why:  machines with local storage encrypt it by hardware and take no key
hint: list only types with local storage, or only types without""",
    ),
    "no parallelism": (
        "parallelism: 0",
        """\
c.yaml:8:14: error C104 out-of-range: parallelism is 0, and 1 is the least
hint: write 1 or more""",
    ),
    "half a step at once": (
        "parallelism: 1.5",
        """\
c.yaml:8:14: error C103 wrong-type: parallelism takes a whole number, not 1.5""",
    ),
    "caching without a unit": (
        "caching: 30",
        """\
c.yaml:8:10: error C103 wrong-type: caching takes a text, not 30
hint: write it like 90m""",
    ),
    "caching in ISO 8601": (
        "caching: P30D",
        """\
c.yaml:8:10: error C106 bad-value: caching is 'P30D', which is not a duration: a whole number and \
s, m, h or d
hint: write it like 90m""",
    ),
    "spot that ends before the job may": (
        "train: {max_runtime: 3d, spot: {}}",
        """\
c.yaml:8:32: error C235 bad-wait: max_wait 48h is less than max_runtime 3d
why:  max_wait is the time for machines to come and the job to run, both together
hint: write 3d or more, or a shorter train.max_runtime""",
    ),
    "spot without checkpoints for long": (
        "train: {spot: {max_wait: 2d, checkpoints: false}}",
        """\
c.yaml:8:26: error C235 bad-wait: max_wait 2d is more than the hour that SageMaker allows without \
checkpoints
why:  docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html: built-in algorithms \
that do not checkpoint
hint: write checkpoints: true, or a max_wait and a max_runtime of 1h or less""",
    ),
    "spot with nothing in it": (
        "train: {spot: }",
        """\
c.yaml:8:14: error C105 unknown-value: spot: there is nothing in it
hint: write spot: {}, or remove the key""",
    ),
    "spot as a switch": (
        "train: {spot: true}",
        """\
c.yaml:8:15: error C103 wrong-type: spot takes keys with values below it, not true
hint: write spot: {}""",
    ),
    "misspelt key of spot": (
        "train: {spot: {maxwait: 1d}}",
        """\
c.yaml:8:16: error C102 unknown-key: 'maxwait' is not a key of train.spot
hint: did you mean 'max_wait'? its keys: max_wait, checkpoints""",
    ),
    "pipe": (
        "train: {input_mode: Pipe}",
        """\
c.yaml:8:21: error C105 unknown-value: input_mode: 'Pipe' streams RecordIO files, and this pipeline \
trains on image files
hint: write File, or remove input_mode""",
    ),
    "other input mode": (
        "train: {input_mode: file}",
        """\
c.yaml:8:21: error C105 unknown-value: input_mode is 'file', and can be File or FastFile
hint: did you mean 'File'?""",
    ),
    "folder of an earlier model": (
        "train: {initial_model: s3://my-bucket/models/}",
        """\
c.yaml:8:24: error C106 bad-value: initial_model is 's3://my-bucket/models/', which is not the S3 \
URI of a model.tar.gz
hint: write it like s3://my-bucket/digits/model.tar.gz""",
    ),
    "an earlier model and ImageNet": (
        "train: {initial_model: s3://my-bucket/model.tar.gz, hyperparameters: {use_pretrained_model: 1}}",
        """\
c.yaml:8:24: error C236 two-beginnings: training begins from an earlier model or from ImageNet \
weights, not from both
why:  both fill the same layers, and no documentation says which stays
hint: write use_pretrained_model: 0, or remove initial_model""",
    ),
}


@pytest.mark.parametrize(("text", "error"), BAD.values(), ids=BAD.keys())
def test_bad_configs(refuse: Refuse, text: str, error: str) -> None:
    assert told(refuse(f"{WHOLE}{text}\n")) == error


WARNED = {
    "secret": (
        "validate: {environment: {DB_PASSWORD: x}}",
        """\
c.yaml:8:39: warning C281 secret-in-environment: DB_PASSWORD seems to be a secret, and everybody \
who may describe the job can read it
why:  the definition, the Describe… APIs and the console show environment variables as they are
hint: keep it in AWS Secrets Manager and let the program ask for it""",
    ),
    "FastFile": (
        "train: {input_mode: FastFile}",
        """\
c.yaml:8:21: warning C282 undocumented-mode: the algorithm's documentation lists File for images in \
files, and does not speak of FastFile
why:  docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html
hint: write File to be sure""",
    ),
    "KMS key for machines with local storage": (
        f"encryption: {{volume_key: {KEY}}}",
        """\
c.yaml:8:26: warning C283 unused-key: train does without volume_key: ml.g4dn.xlarge has local \
storage
why:  its hardware encrypts that storage, and SageMaker refuses a key for it
hint: nothing to do, or choose a type without local storage""",
    ),
    "caching with an earlier model": (
        "caching: 12h\ntrain: {initial_model: s3://my-bucket/model.tar.gz}",
        """\
c.yaml:8:10: warning C284 stale-cache: another model under the same URI is not seen for 12h after a run
why:  SageMaker compares the S3 URIs of a step's inputs, not what lies there; changed images it does \
notice, as their lists lie in a place that is named after their content
hint: give each model a URI of its own (InitialModel), or remove caching""",
    ),
    "isolated instances": (
        "network: {isolation: true}\nvalidate: {instance_count: 3}",
        """\
c.yaml:9:28: warning C286 isolated-instances: 3 instances send each other what they found, and \
network.isolation may keep them from it
why:  AWS documents for training jobs only that isolated instances of one job reach each other
hint: check with one larger instance, or without network.isolation""",
    ),
}


@pytest.mark.parametrize(("text", "warning"), WARNED.values(), ids=WARNED.keys())
def test_what_is_right_and_may_surprise(load: Load, text: str, warning: str) -> None:
    (found,) = load(f"{WHOLE}{text}\n").warnings
    assert told(str(found)) == warning


def test_checkpoints_and_caching_do_not_go_together(load: Load) -> None:
    (found,) = load(WHOLE + "caching: 7d\ntrain: {spot: {}}\n").warnings
    assert told(str(found)) == (
        "c.yaml:8:10: warning C285 never-cached: TrainModel runs every time, as spot keeps checkpoints in a "
        "place of each execution\nwhy:  SageMaker compares CheckpointConfig too\n"
        "hint: remove train.spot, or write checkpoints: false in it, if caching matters more"
    )


def test_nothing_is_said_that_rests_on_a_wrong_value(refuse: Refuse) -> None:
    text = refuse(WHOLE + "train: {max_runtime: 3 days, spot: {}}\n")
    assert [line.split()[2] for line in text.splitlines() if line.startswith("c.yaml")] == ["C106"]


def test_items_of_a_list_are_told_by_their_own_places(refuse: Refuse) -> None:
    text = refuse(
        WHOLE + "train:\n  retry:\n  - whenn: capacity\n  - {when: capacity, expire: 1h, attempts: 1}\n"
    )
    found = [line.split(" ")[0] for line in text.splitlines() if line.startswith("c.yaml")]
    assert found == ["c.yaml:10:5:", "c.yaml:11:30:"]
