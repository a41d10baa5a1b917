"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The YAML file.")]
Local = Annotated[bool, typer.Option("--local", help="Use the local SageMaker; started if it is down.")]
Profile = Annotated[str | None, typer.Option(help="AWS profile.")]
Region = Annotated[str | None, typer.Option(help="AWS region.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
ExecutionArn = Annotated[str | None, typer.Option("--execution", help="Its id or ARN; else the newest.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A pipeline parameter.")
]

DEFAULT_CONFIG = Path("config/pipeline.yaml")
