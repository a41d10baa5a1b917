"""The language of pipeline definitions: what a definition says, read by whoever checks or runs it."""
