"""S3 URIs."""

from __future__ import annotations


def split_uri(uri: str) -> tuple[str, str]:
    """The bucket and the key or prefix of an S3 URI.

    An S3 URI is no URL: '#', '?' and '%' are letters of the key like any other.
    """
    bucket, _, key = uri.partition("://")[2].partition("/")
    return bucket, key
