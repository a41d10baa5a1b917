"""The driver: from one YAML file to a pipeline that runs."""
