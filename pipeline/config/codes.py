"""The codes of everything that can be wrong with a config. The table in the docs is made from them."""

from __future__ import annotations

from pipeline.errors import Code

CODES = {
    "C001": Code("yaml-syntax", "the file is not YAML"),
    "C002": Code("unreadable-file", "the file is missing, cannot be read, is too large or is not UTF-8"),
    "C003": Code("not-a-mapping", "the file is empty, or holds something else than keys with values"),
    "C004": Code("duplicate-key", "a key appears twice in a mapping"),
    "C005": Code("refused-tag", "a YAML tag asks for more than plain data"),
    "C006": Code("too-deep", "the file nests or repeats too much, by indentation or by aliases"),
    "C007": Code("bad-extends", "`extends` leads nowhere, or in a circle"),
    "C008": Code("unknown-name", "a `${name}` stands for nothing that is known"),
    "C009": Code("bad-placeholder", "a `${name}` is malformed, or leads to itself"),
    "C010": Code("bad-key", "a key is not text"),
    "C101": Code("missing-key", "a section lacks a key that it needs"),
    "C102": Code("unknown-key", "a section has a key that means nothing"),
    "C103": Code("wrong-type", "a value is of another type than its key takes"),
    "C104": Code("out-of-range", "a value is too small, too large or too long"),
    "C105": Code("unknown-value", "a value is not one of those that its key takes"),
    "C106": Code("bad-value", "a value has not the form that its key takes"),
    "C107": Code("not-in-this-version", "a value is planned, and not built yet"),
    "C201": Code("needs-gpu", "the algorithm cannot train on this instance type"),
    "C202": Code("no-pretrained-weights", "there are no pretrained weights for this network"),
    "C203": Code("bad-channels", "an image has another number of channels than the algorithm takes"),
    "C204": Code("resize-too-small", "images would be smaller than image_shape"),
    "C205": Code("one-label", "the pipeline's image lists hold one label an image"),
    "C206": Code("bad-schedule", "the epochs of the learning rate schedule are not in order"),
    "C207": Code("checkpoint-too-late", "no checkpoint would ever be kept"),
    "C208": Code("weights-missing", "the given file of pretrained weights does not exist"),
    "C209": Code("hyperparameter-missing", "the algorithm has no default for this hyperparameter"),
    "C210": Code("unknown-hyperparameter", "the algorithm has no hyperparameter of this name"),
    "C211": Code("overlapping-prefixes", "training and validation images lie in one another's prefix"),
    "C212": Code("name-too-long", "a resource that is named after the pipeline may not be called so"),
    "C213": Code(
        "unknown-instance", "SageMaker has no such instance type for jobs or endpoints of this kind"
    ),
    "C214": Code("bad-hyperparameter", "the algorithm does not take this text for this hyperparameter"),
    "C216": Code("batch-too-large", "there are fewer training images than one batch holds"),
    "C217": Code("two-validations", "validation images are both given and taken out of the training images"),
    "C218": Code("channel-missing", "the algorithm does not train without this channel"),
    "C219": Code("bad-channel", "the algorithm does not read a channel like this"),
    "C220": Code("metrics-refused", "AWS refuses metric definitions for its own algorithms"),
    "C221": Code("no-such-metric", "the source of the gate does not report this metric"),
    "C222": Code("volume-key-refused", "AWS refuses a volume key for machines with storage of their own"),
    "C223": Code("volume-too-large", "the storage of the machine is smaller than what is asked for"),
    "C224": Code("bad-transform-input", "the model cannot read what the transform job sends it"),
    "C225": Code("bad-serverless", "AWS does not offer a serverless endpoint like this"),
    "C231": Code("half-a-network", "subnets need security groups, and the other way round"),
    "C232": Code("bad-variable", "an environment variable has a name or a length that AWS does not take"),
    "C233": Code("reserved-variable", "an environment variable belongs to SageMaker or to the pipeline"),
    "C234": Code("bad-retry", "a retry policy contradicts itself or another one"),
    "C235": Code(
        "bad-wait", "spot training would end before the job may, or waits longer than SageMaker lets it"
    ),
    "C236": Code("two-beginnings", "training cannot begin from two sets of weights"),
    "C237": Code("mixed-storage", "a KMS key for disks fits only some of the listed instance types"),
    "C238": Code("bad-tag", "a tag has a key or a value that AWS does not take"),
    "C241": Code("key-elsewhere", "a KMS key is in another region than the pipeline"),
    "C242": Code("role-elsewhere", "a role is of another partition of AWS than the region"),
    "C251": Code("retired-instance", "warning: AWS has withdrawn this instance type", aws_only=True),
    "C252": Code(
        "untried-instance",
        "warning: the algorithm's documentation does not list this instance type",
        aws_only=True,
    ),
    "C253": Code("unreached-epoch", "warning: training ends before this epoch"),
    "C254": Code("without-effect", "warning: nothing would read this value"),
    "C261": Code(
        "untried-image-size", "warning: AWS documents pretrained weights for 224x224 only", aws_only=True
    ),
    "C262": Code("small-image-network", "warning: the network is meant for small images"),
    "C263": Code("uneven-batch", "warning: the GPUs cannot share a batch equally", aws_only=True),
    "C264": Code("unshared-weights", "warning: several machines train, and nothing says how they share"),
    "C265": Code("vanishing-eps", "warning: eps is 0 in the chosen precision"),
    "C266": Code(
        "several-labels-in-lists", "warning: AWS documents several labels an image for manifests only"
    ),
    "C267": Code("latest-image", "warning: the image may change under a running pipeline", aws_only=True),
    "C268": Code("unread-channel", "warning: the algorithm reads no such channel"),
    "C269": Code(
        "undocumented-channel", "warning: AWS does not document that the algorithm reads a channel like this"
    ),
    "C270": Code(
        "volume-ignored",
        "warning: the machine keeps its data on storage of its own, which is smaller",
        aws_only=True,
    ),
    "C271": Code(
        "volume-key-ignored",
        "warning: the key does not encrypt the storage of the machine itself",
        aws_only=True,
    ),
    "C272": Code("unsuitable-choice", "warning: the pipeline cannot run with this choice of a parameter"),
    "C273": Code("odd-answer", "warning: the model does not answer in this format"),
    "C274": Code("resize-missing", "warning: AWS requires to say how to resize image files"),
    "C275": Code("top-k-too-large", "warning: top_k is more than there are classes"),
    "C281": Code("secret-in-environment", "warning: everybody who may describe the job could read this"),
    "C282": Code("undocumented-mode", "warning: the algorithm's documentation does not list this input mode"),
    "C283": Code("unused-key", "warning: a step's machines take no KMS key for their disks", aws_only=True),
    "C284": Code("stale-cache", "warning: a cached step does not see another object under the same URI"),
    "C285": Code("never-cached", "warning: the arguments of this step differ in every execution"),
    "C286": Code(
        "isolated-instances", "warning: instances that must talk may be kept from it", aws_only=True
    ),
    "D101": Code("region-without-image", "SageMaker has no image for a step in the region"),
}
