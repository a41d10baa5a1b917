"""The contract with moto: the internals that shelves, pickles and the keeper lean on."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import moto.logs.models
import moto.s3.models
import pytest
from moto.backends import get_backend
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.s3.utils import _VersionedKeyStore

from pipeline.local.shelves import KeyShelf, Shelf, Tail, UploadShelf, install, watching

ACCOUNT = "100000000010"


@pytest.fixture(autouse=True)
def installed() -> None:
    install()
    install()


def s3() -> Any:
    return get_backend("s3")[ACCOUNT]["aws"]


def make_bucket(name: str) -> Any:
    return s3().buckets.get(name) or s3().create_bucket(name, "us-east-1")


class TestMoto:
    def test_its_containers_are_ours(self) -> None:
        bucket = make_bucket("shelves")
        upload = s3().create_multipart_upload(bucket.name, "k", {}, "STANDARD", {}, None, "AES256", "")
        s3().upload_part(bucket.name, upload.id, 1, b"part")
        logs = get_backend("logs")[ACCOUNT]["us-east-1"]
        logs.ensure_log_group("g")
        logs.ensure_log_stream("g", "s")
        group = logs.groups["g"]
        assert (type(bucket.keys), type(bucket.multiparts)) == (KeyShelf, UploadShelf)
        assert (type(upload.parts), type(s3().tagger.tags)) == (Shelf, Shelf)
        assert (type(group.streams), type(group.streams["s"].events)) == (Shelf, Tail)
        assert (group.streams.owner, group.streams["s"].log_group) == (group, group)
        s3().abort_multipart_upload(bucket.name, upload.id)

    def test_the_members_of_a_key(self) -> None:
        bucket = make_bucket("shelves")
        key = s3().put_object(bucket.name, "members", b"text")
        key._value_buffer.seek(0)
        assert key._value_buffer.read() == b"text"
        assert (key.contentsize, key.disposed, key.lock.locked()) == (4, False, False)
        s3().delete_object(bucket.name, "members")
        assert (key.disposed, key._value_buffer.closed) == (True, True)

    @pytest.mark.parametrize(
        ("where", "name"),
        [
            (moto.s3.models, "_VersionedKeyStore"),
            (moto.s3.models, "MultipartDict"),
            (_VersionedKeyStore, "__sgetitem__"),
            (AccountSpecificBackend, "__getitem__"),
            (moto.logs.models.LogEvent, "_event_id"),
        ],
    )
    def test_names(self, where: object, name: str) -> None:
        assert hasattr(where, name)

    def test_backends_are_dictionaries_of_dictionaries(self) -> None:
        backends = get_backend("s3")
        assert isinstance(backends, BackendDict)
        assert issubclass(BackendDict, dict)
        assert issubclass(AccountSpecificBackend, dict)
        make_bucket("shelves")
        assert backends.bucket_accounts["shelves"] == ("aws", ACCOUNT)

    def test_every_look_at_one_key_is_seen(self) -> None:
        """A method that moto adds to its store of keys must be looked at."""
        own = {name for name, each in vars(_VersionedKeyStore).items() if inspect.isfunction(each)}
        assert own - {"lists", "iterlists", "items", "iteritems", "values", "itervalues"} == {
            "__sgetitem__",
            "__getitem__",
            "__setitem__",
            "_iteritems",
            "_iterlists",
            "_itervalues",
            "_self_iterable",
            "get",
            "getlist",
            "item_size",
            "pop",
            "setlist",
        }


Act = Callable[[Any], object]


class TestWatching:
    @pytest.mark.parametrize(
        ("act", "keys"),
        [
            pytest.param(lambda shelf: shelf["a"], {"a"}, id="look"),
            pytest.param(lambda shelf: shelf.get("x"), {"x"}, id="look for what is not there"),
            pytest.param(lambda shelf: shelf.__setitem__("b", [2]), {"b"}, id="set"),
            pytest.param(lambda shelf: shelf.__delitem__("a"), {"a"}, id="delete"),
            pytest.param(lambda shelf: shelf.pop("a"), {"a"}, id="pop"),
            pytest.param(lambda shelf: shelf.setdefault("c", 1), {"c"}, id="set if missing"),
            pytest.param(sorted, set(), id="list"),
            pytest.param(lambda shelf: "a" in shelf, set(), id="ask"),
        ],
    )
    def test_a_shelf_notes_its_entries(self, act: Act, keys: set[str]) -> None:
        shelf = Shelf()
        shelf["a"] = [1]
        with watching() as touched:
            act(shelf)
        assert touched is not None
        assert touched.entries == {(shelf.place, key): shelf for key in keys}

    @pytest.mark.parametrize(
        ("act", "keys"),
        [
            pytest.param(lambda keys: s3().put_object("shelves", "a", b""), {"a"}, id="put"),
            pytest.param(lambda keys: s3().delete_object("shelves", "a"), {"a"}, id="delete"),
            pytest.param(lambda keys: s3().get_object("shelves", "a"), {"a"}, id="get"),
            pytest.param(lambda keys: keys.setlist("b", []), {"b"}, id="set versions"),
            pytest.param(lambda keys: list(keys.items()), {"a"}, id="list all"),
        ],
    )
    def test_keys_are_noted(self, act: Act, keys: set[str]) -> None:
        bucket = make_bucket("shelves")
        s3().put_object("shelves", "a", b"")
        with watching() as touched:
            act(bucket.keys)
        assert touched is not None
        noted = {key for (place, key), shelf in touched.entries.items() if shelf is bucket.keys}
        assert noted == keys
        for name in list(bucket.keys):
            dict.pop(bucket.keys, name)

    def test_services_are_noted(self) -> None:
        with watching() as touched:
            get_backend("iam")[ACCOUNT]["aws"]
            get_backend("sqs")[ACCOUNT]["us-east-1"]
        get_backend("events")[ACCOUNT]["us-east-1"]
        assert touched is not None
        assert touched.services == {"iam", "sqs"}

    def test_the_outer_block_notes(self) -> None:
        shelf = Shelf()
        with watching() as outer:
            with watching() as inner:
                shelf["a"] = 1
            shelf["b"] = 1
        assert inner is None
        assert outer is not None
        assert {key for _, key in outer.entries} == {"a", "b"}
