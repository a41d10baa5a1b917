"""The files that tell the algorithm and the transform job which images to take."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence


def render_lst(paths: Sequence[str], index: Mapping[str, int]) -> bytes:
    r"""A .lst file: one line an image, `<number from 0>\t<class index>\t<path under the channel's prefix>`.

    https://docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html

    Args:
        paths: Relative paths that begin with the class folder, in the order to list them.
        index: Class index by class name.
    """
    lines = (f"{row}\t{index[path.partition('/')[0]]}\t{path}\n" for row, path in enumerate(paths))
    return "".join(lines).encode()


def render_manifest(uri: str, paths: Sequence[str]) -> bytes:
    """A manifest as S3DataType ManifestFile takes it: the common prefix, then the paths under it.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformS3DataSource.html
    """
    entries = [{"prefix": f"{uri.rstrip('/')}/"}, *paths]
    return json.dumps(entries, ensure_ascii=False, indent=0).encode()
