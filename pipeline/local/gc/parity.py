"""What the page of parity tells of growth: see pipeline/local/parity.py."""

from __future__ import annotations

GROWTH = {
    "`imgpipe local gc`": (
        "removes ended executions that are older than `--keep` days, or of each pipeline all but the newest "
        "`--keep-executions`: with their steps, tokens, cached results, jobs, logs, and the models and "
        "endpoint configurations that they made and nothing uses; and job folders, contents, firings and "
        "environments of Python that nothing uses any more"
    ),
    "never removed": "what runs, the registry, endpoints and what they serve, pipelines and their versions",
    "S3": (
        "objects stay; with `--outputs` those below `executions/<id>/` of executions that are removed go, "
        "unless a record that stays names them"
    ),
    "what is damaged": (
        "a start puts it aside, and says so; it stays until `imgpipe local gc --damaged` removes it"
    ),
    "a job's log": "32 MiB a stream; then a line says that it was cut, and the program goes on",
    "server.log": "starts anew at a start when it has 10 MiB; the one before is kept",
}
