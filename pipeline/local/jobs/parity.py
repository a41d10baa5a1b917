"""What docs/parity.md says of jobs."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from pipeline.local.job_logs import LARGEST as LARGEST_LOG
from pipeline.local.jobs.catalog import IMAGES, Image
from pipeline.local.jobs.cluster import LARGEST
from pipeline.local.jobs.job import Waits
from pipeline.local.jobs.reasons import LIMIT

_MEGABYTE = 1024 * 1024
_WAITS = Waits()

JOBS = MappingProxyType(
    {
        "/opt/ml": (
            "programs of processing and training jobs see their job's folder as /opt/ml where Linux lets a "
            "process have mounts of its own (as root, or where users may have namespaces). Elsewhere "
            "(macOS, containers without CAP_SYS_ADMIN, systems that forbid user namespaces) server.log says"
            " so, and paths below /opt/ml are replaced where a whole argument or variable is one; "
            "SAGEMAKER_BASE_DIR is the folder. Programs that have such paths in their text then do not find"
            " them, and neither do the driver scripts of the SDK's ModelTrainer. The rest of the file "
            "system is this machine's. The servers of models are told SAGEMAKER_BASE_DIR"
        ),
        "environment variables": (
            "what the contract names, the request's Environment, PATH, locale, time zone, threads and GPUs "
            "of this machine, HOME and TMPDIR in the job's folder. Nothing else of the user's"
        ),
        "AWS from a program": (
            "AWS_ENDPOINT_URL, AWS_DEFAULT_REGION and the local SageMaker's own generated keys are set, so "
            "that an AWS SDK or the CLI in a program reaches it, with all rights: there is one user. With "
            "EnableNetworkIsolation they are not set; nothing else is isolated. So too for servers of models"
        ),
        "Python": (
            "that of imgpipe. What a job installs (pip, python3 -m pip) goes into an environment of its own"
            " on top of it, and is gone with the job"
        ),
        "script mode": (
            "sagemaker_program, sagemaker_submit_directory (S3 or a path below /opt/ml), "
            "sagemaker_container_log_level; hyperparameters as arguments; SM_* variables of the SageMaker "
            "Training Toolkit; Python programs, modules of a source with setup.py, and shell scripts. "
            "Distributions by MPI and smdistributed are not started: sagemaker_mpi_enabled and its like are "
            "only told in SM_FRAMEWORK_PARAMS. output/intermediate is not uploaded"
        ),
        "requirements.txt of a source": (
            "installed with pip into an environment that later jobs with the same requirements use again; "
            "with the user's own settings of pip. If it cannot be installed, or the network not be reached, "
            "the job fails with pip's last error"
        ),
        "models with a script": (
            "served in the images of frameworks: inference.py of code/ in the archive, or SAGEMAKER_PROGRAM "
            "of SAGEMAKER_SUBMIT_DIRECTORY (S3 or a path below /opt/ml), with its requirements.txt. Its "
            "model_fn, input_fn, predict_fn, output_fn or transform_fn, and the defaults of the image for "
            "those that it does not write, take turns in one process; SAGEMAKER_MODEL_SERVER_WORKERS lets so "
            "many run at once, as threads (processes on SageMaker). Differences: NPY with pickled objects is "
            "refused; XGBoost reads CSV and libsvm only; MXNet has no default model_fn; the packages "
            "sagemaker_inference and sagemaker_containers are there only if requirements.txt names them"
        ),
        "a model's server that ends before it answers": (
            "the endpoint is Failed at once, and FailureReason ends with the last lines that it wrote; on "
            "SageMaker they are in the log alone"
        ),
        "ContainerEntrypoint, ContainerArguments": "run as they are, in the images that run scripts",
        "InstanceCount": (
            f"1 to {LARGEST}: a process for each instance, with a folder, resourceconfig.json and log stream "
            "of its own. Host names algo-1 … lead to 127.0.0.1 … where /opt/ml is shown; all share this "
            "machine and its ports. The first that fails ends the others. image-classification: 1"
        ),
        "S3DataDistributionType": (
            "ShardedByS3Key: the first object to the first instance, the second to the second, and so on; "
            "AWS does not publish how it shares them out"
        ),
        "input modes": "File; FastFile is File here: everything is copied before the program starts",
        "what several instances leave": (
            "one model.tar.gz and one output.tar.gz; of files with the same name that of the first instance. "
            "A processing job's outputs are uploaded instance by instance, and the last one stays"
        ),
        "OutputDataConfig.CompressionType NONE": (
            "objects below output/model/ and output/data/; AWS does not publish the latter"
        ),
        "CheckpointConfig, S3UploadMode Continuous": (
            f"changed files are uploaded every {_WAITS.upload:g} s and at the end; a checkpoint that is "
            "there already is laid out before the start"
        ),
        "failure and message files": (
            f"the first {LIMIT:,} characters; paths of the job's folder on this machine are shown as /opt/ml"
        ),
        "a job that waits for others to end": (
            "a training job's SecondaryStatus is Pending, and its StatusMessage says why; of the other kinds "
            "server.log says so"
        ),
        "a kill of the server": (
            "programs of processing and training jobs go on, and the next server takes them over; a job that "
            "was copying its inputs begins anew, one that was uploading its outputs uploads them again. A "
            "transform job goes on with the objects whose outputs are not stored yet, and with a new server "
            "of its model. A job whose program is gone without an exit code is Failed"
        ),
        "a full disk": (
            "the job is Failed, and its FailureReason says so; if not even that can be recorded, then as "
            "soon as there is room"
        ),
        "logs": (
            f"the first {LARGEST_LOG // _MEGABYTE} MiB of a job's stream, whose last line then says that it "
            "is cut. An endpoint's log goes on in a stream named -2, -3 … of the same length, and the newest "
            "two are kept"
        ),
        "StopTrainingJob, StopProcessingJob, MaxRuntimeInSeconds": (
            f"SIGTERM to the job's process group, SIGKILL {_WAITS.grace:g} s later. Whatever else the job "
            "has started ends with it where /opt/ml is shown and processes may be kept apart (also /proc "
            "must be mountable); elsewhere a process that makes itself a session of its own lives on"
        ),
    }
)
"""What of jobs → how it is here."""


def images() -> Iterable[list[str]]:
    """Each image's repository, what it does, and what it needs."""
    return [[f"`{name}`", ", ".join(_roles(image)), _needs(image)] for name, image in sorted(IMAGES.items())]


def _roles(image: Image) -> Iterable[str]:
    if image.runs_scripts:
        yield "processing scripts"
    if image.framework:
        yield "training scripts"
    if image.train:
        yield "training"
    if image.serve:
        yield "serving scripts" if image.packages else "serving"


def _needs(image: Image) -> str:
    return ", ".join(f"`{name}`" for name in image.packages)
