"""The config: YAML files in, a checked `PipelineConfig` or findings with places out."""
