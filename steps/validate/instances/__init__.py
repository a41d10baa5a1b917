"""Several instances of a job as one."""
