"""The local SageMaker's jobs: subprocesses under the container contract of SageMaker."""
