"""Images that look the same though their bytes differ: saved again, scaled, converted, slightly brighter.

Two images are a pair if their difference hashes differ in at most DISTANCE of 64 bits and their thumbs are
alike (`steps.validate.lookalikes.likeness`). All such pairs are found, with these exceptions:

- An image of less contrast than LEAST_CONTRAST is not compared.
- Of images with one hash that look the same, each is compared with the first alone, so that a thousand of
  them are a thousand pairs. Of those with one hash that look different, MOST_LEADERS are compared at all.
- Where images are so much alike that about MOST_PAIRS pairs of hashes or more were to be looked at, the
  distance is lowered, and the log tells so.

Each image is told of once.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import BinaryIO

import numpy as np

from steps.validate.checks.duplicates import pair_check, paired
from steps.validate.checks.family import Found
from steps.validate.ledger.ledger import Ledger, Row
from steps.validate.lookalikes.likeness import Thumbs, alike, prepare
from steps.validate.lookalikes.neighbours import Pairs, Places, affordable_distance, find_pairs
from steps.validate.settings import Settings

DISTANCE = 8
"""Of 364 photographs and drawings saved at quality 50, made a PNG, blurred or halved, 98 of 100 and more
differ in at most so many bits; at 6 bits up to 7 of 100 would be missed."""

LEAST_CONTRAST = 0.02
"""Five grey levels: below, the hash tells noise. The flattest of 64 crops of photographs has 0.04."""

MOST_LEADERS = 64
MOST_PAIRS = 100_000_000
"""Looking at so many takes some minutes."""

_CHUNK = 65_536
_FEW = 512
_CHECKS = ("near-label-conflict", "near-leak", "near-duplicate")

# One image of those with the same bytes, the first as duplicates.py orders them. Walked in the order of the
# file: by the index of digests, SQLite would jump from page to page.
_LOOKS = """
    SELECT look, id FROM files AS one NOT INDEXED
    WHERE look IS NOT NULL AND contrast >= ? AND flaw IS NULL AND place = 'class' AND NOT EXISTS (
        SELECT 1 FROM files AS other
        WHERE other.digest = one.digest AND other.flaw IS NULL AND other.place = 'class'
            AND (other.split = 'train', other.path, other.split) < (one.split = 'train', one.path, one.split)
    )
    ORDER BY look, split = 'train', path, split
"""
_TELL = """
    SELECT one.id, one.id, one.split, one.class, one.path,
        other.id, other.id, other.split, other.class, other.path
    FROM (SELECT one, other FROM near UNION ALL SELECT other, one FROM near) AS pair
    JOIN files AS one ON one.id = pair.one JOIN files AS other ON other.id = pair.other
    WHERE (one.split = 'train', one.path, one.split) > (other.split = 'train', other.path, other.split)
    ORDER BY one.split, one.path, other.split = 'train', other.path, other.split
"""

_SCRATCH = (
    "DROP TABLE IF EXISTS temp.leaders",
    "DROP TABLE IF EXISTS temp.wanted",
    "DROP TABLE IF EXISTS temp.near",
    "CREATE TEMP TABLE leaders (place INTEGER PRIMARY KEY, id INTEGER)",
    "CREATE TEMP TABLE wanted (id INTEGER PRIMARY KEY)",
    "CREATE TEMP TABLE near (one INTEGER, other INTEGER)",
)
_WANTED = "SELECT wanted.id, thumb FROM wanted JOIN files ON files.id = wanted.id ORDER BY wanted.id"

_log = logging.getLogger(__name__)


def find_near(ledger: Ledger, settings: Settings) -> Iterator[Found]:
    """Each image once that looks like another, against the one with which it makes the gravest pair."""
    if all(settings.severities.get(check) == "ignore" for check in _CHECKS):
        return
    pair_up(ledger)
    for _, partners in groupby(ledger.query(_TELL), itemgetter(0)):
        yield from _gravest(partners, settings)


def pair_up(ledger: Ledger) -> None:
    """Makes the table temp.near of all pairs (one, other) of ids. `index_digests` has to come before."""
    for statement in _SCRATCH:
        ledger.change(statement)
    with tempfile.TemporaryFile() as hashes:
        count = _lead(ledger, hashes)
        distance = affordable_distance(hashes, count, DISTANCE, MOST_PAIRS)
        if distance < DISTANCE:
            _log.info("the images are much alike: near duplicates are searched within %d bits", distance)
        for one, other in _batches(find_pairs(hashes, count, distance)):
            _keep_alike(ledger, one, other)


def _lead(ledger: Ledger, file: BinaryIO) -> int:
    """Writes the hashes to compare, and the images that they stand for into leaders; returns how many."""
    count = 0
    found = (
        (look, leader)
        for look, members in groupby(ledger.query(_LOOKS, LEAST_CONTRAST), itemgetter(0))
        for leader in _leaders(ledger, (row[1] for row in members))
    )
    while chunk := list(islice(found, _CHUNK)):
        file.write(np.array([look for look, _ in chunk], np.int64).tobytes())
        rows = ((count + number, leader) for number, (_, leader) in enumerate(chunk))
        ledger.change_many("INSERT INTO leaders VALUES (?, ?)", rows)
        count += len(chunk)
    return count


def _leaders(ledger: Ledger, members: Iterator[int]) -> Iterator[int]:
    """The first of some images with one hash, and those that look different; the others become pairs."""
    leaders = [next(members)]
    yield leaders[0]
    while chunk := list(islice(members, _FEW)):
        thumbs, numbers = _thumbs(ledger, [*leaders, *chunk])
        pairs = []
        for member in chunk:
            known = np.array([numbers[leader] for leader in leaders])
            same = np.flatnonzero(alike(thumbs, known, np.full(len(known), numbers[member])))
            if len(same):
                pairs.append((leaders[same[0]], member))
            elif len(leaders) < MOST_LEADERS:
                leaders.append(member)
                yield member
        ledger.change_many("INSERT INTO near VALUES (?, ?)", pairs)


def _batches(found: Iterator[Pairs]) -> Iterator[tuple[Places, Places]]:
    waiting: list[Pairs] = []
    for pairs in found:
        waiting.append(pairs)
        if sum(map(len, waiting)) >= _CHUNK:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(pairs: Sequence[Pairs]) -> tuple[Places, Places]:
    return np.concatenate([some.one for some in pairs]), np.concatenate([some.other for some in pairs])


def _keep_alike(ledger: Ledger, one: Places, other: Places) -> None:
    """Keeps those pairs of leaders that look the same."""
    for start in range(0, len(one), _CHUNK):
        left, right = one[start : start + _CHUNK], other[start : start + _CHUNK]
        places = np.unique(np.concatenate([left, right]))
        ids = _ids(ledger, places.tolist())
        thumbs, numbers = _thumbs(ledger, ids)
        row = np.array([numbers[image] for image in ids])
        left, right = np.searchsorted(places, left), np.searchsorted(places, right)
        same = alike(thumbs, row[left], row[right])
        image = np.array(ids)
        pairs = zip(image[left[same]].tolist(), image[right[same]].tolist(), strict=True)
        ledger.change_many("INSERT INTO near VALUES (?, ?)", pairs)


def _ids(ledger: Ledger, places: Sequence[int]) -> list[int]:
    """The images at some places of leaders."""
    return [next(ledger.query("SELECT id FROM leaders WHERE place = ?", place))[0] for place in places]


def _thumbs(ledger: Ledger, images: Sequence[int]) -> tuple[Thumbs, dict[int, int]]:
    """The thumbs of some images, and the number of each in them."""
    ledger.change("DELETE FROM wanted")
    ledger.change_many("INSERT OR IGNORE INTO wanted VALUES (?)", ((image,) for image in images))
    rows = list(ledger.query(_WANTED))
    return prepare([thumb for _, thumb in rows]), {image: number for number, (image, _) in enumerate(rows)}


def _gravest(partners: Iterator[Row], settings: Settings) -> Iterator[Found]:
    """What is told of one image: of (it, a partner) the first pair of the gravest kind."""
    told = ((pair_check(row[:5], row[5:], settings, *_CHECKS), row) for row in partners)
    kinds = [(check, row) for check, row in told if check]
    if kinds:
        check, row = min(kinds, key=lambda kind: _CHECKS.index(kind[0]))
        yield Found(check, paired(row[:5], row[5:], "looks like"))
