"""The tables of the ledger and the statements that fill them, whose columns have to agree."""

from __future__ import annotations

from steps.validate.processes.workers import KILLED, LATE

VERSION = 1
"""Another one when the tables are others: an older file is begun anew."""

APPLICATION = 1_768_777_584
"""What SQLite keeps as application_id, to tell our files from others: "imgp"."""

TABLES = """
    CREATE TABLE about (rules TEXT NOT NULL);
    CREATE TABLE splits (split TEXT PRIMARY KEY, uri TEXT NOT NULL, listing INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE files (
        id INTEGER PRIMARY KEY,
        -- what a listing tells
        split TEXT NOT NULL,
        class TEXT,                 -- NULL outside of class folders; what is no UTF-8 is escaped
        path BLOB NOT NULL,         -- os.fsencode: it may be no UTF-8
        place TEXT NOT NULL,        -- steps.validate.sources.places
        size INTEGER NOT NULL,
        version TEXT NOT NULL,
        unsafe TEXT,                -- why the name cannot stand in a list
        listing INTEGER NOT NULL,   -- number of the listing that saw it last
        -- what the checks decided
        left_out TEXT,              -- the check for which the image is not used
        faulty INTEGER,             -- 1 where an error was found
        -- what inspecting told: see steps.validate.images.facts; format and flaw are both NULL before
        flaw TEXT,
        reason TEXT,
        format TEXT,
        width INTEGER,
        height INTEGER,
        traits INTEGER,
        frames INTEGER,
        digest BLOB,
        look INTEGER,
        brightness REAL,
        contrast REAL,
        sharpness REAL,
        detail REAL,
        channels BLOB,              -- seven little-endian doubles: pixels, sums, squares
        thumb BLOB,                 -- last, so that reading the others stays cheap
        UNIQUE (split, path)
    );
    PRAGMA user_version = 1;
    PRAGMA application_id = 1768777584;
"""

PUT = """
    INSERT INTO files (split, class, path, place, size, version, unsafe, listing)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (split, path) DO UPDATE SET listing = excluded.listing
"""
DROP_CHANGED = "DELETE FROM files WHERE split = ? AND path = ? AND (version, size) IS NOT (?, ?)"
# The plus keeps SQLite from sorting by the index of (split, path) first: it walks by id, a page at a time.
UNINSPECTED = """
    SELECT id, path, size, version FROM files
    WHERE id > ? AND +split = ? AND place IN ('class', 'stray') AND format IS NULL AND flaw IS NULL
    ORDER BY id LIMIT ?
"""
COUNT_UNINSPECTED = """
    SELECT count(*) FROM files
    WHERE +split = ? AND place IN ('class', 'stray') AND format IS NULL AND flaw IS NULL
"""
KEEP = """
    UPDATE files SET flaw = ?, reason = ?, format = ?, width = ?, height = ?, traits = ?, frames = ?,
        digest = ?, look = ?, brightness = ?, contrast = ?, sharpness = ?, detail = ?, channels = ?, thumb = ?
    WHERE split = ? AND path = ?
"""
FORGET = """
    UPDATE files SET flaw = NULL, reason = NULL, format = NULL, width = NULL, height = NULL, traits = NULL,
        frames = NULL, digest = NULL, look = NULL, brightness = NULL, contrast = NULL, sharpness = NULL,
        detail = NULL, channels = NULL, thumb = NULL
"""
# What may be otherwise next time though the file is the same: a machine may be short of memory, or slow.
FORGET_PASSING = f"""{FORGET}
    WHERE split = ? AND (flaw IN ('changed-while-scanning', 'no-permission')
        OR flaw = 'unreadable-image' AND (reason LIKE '{KILLED}%' OR reason LIKE '{LATE}%'))
"""
USABLE = "SELECT path FROM files WHERE split = ? AND place = 'class' AND left_out IS NULL ORDER BY path"
COUNTS = """
    SELECT split, class, sum(place = 'class'), sum(place = 'class' AND left_out IS NULL) FROM files
    WHERE place IN ('class', 'folder') GROUP BY split, class
"""
ROWS = """
    SELECT split, class, path, place, size, version, unsafe, listing, flaw, reason, format, width, height,
        traits, frames, digest, look, brightness, contrast, sharpness, detail, channels, thumb
    FROM files ORDER BY id
"""
MERGE = """
    INSERT OR IGNORE INTO files (split, class, path, place, size, version, unsafe, listing, flaw, reason,
        format, width, height, traits, frames, digest, look, brightness, contrast, sharpness, detail,
        channels, thumb)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
