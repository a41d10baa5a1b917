"""The look of what only the evaluation's page has."""

from __future__ import annotations

STYLESHEET = """
.matrix { font-size: 13px; border-spacing: 2px; border-collapse: separate; }
.matrix th { font-weight: 500; padding: 2px 6px; white-space: nowrap; }
.matrix tbody th { text-align: right; max-width: 220px; overflow: hidden; text-overflow: ellipsis; }
.matrix thead th { vertical-align: bottom; }
.matrix.tall thead th:not(.axis) { height: 130px; padding: 0 0 6px; text-align: center; }
.matrix.tall thead th span {
  display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg);
  max-height: 120px; overflow: hidden; text-overflow: ellipsis;
}
.matrix .axis { font-size: 12px; font-weight: 600; text-align: left; color: var(--soft); }
.matrix tbody td {
  min-width: 44px; height: 36px; padding: 0 4px; text-align: center; border-radius: 4px;
  background: color-mix(in srgb, var(--hue) calc(var(--share) * 100%), var(--faint)); color: var(--text);
}
.matrix td.hit { --hue: var(--good); }
.matrix td.miss { --hue: var(--bad); }
.matrix td.strong { color: var(--on-strong); font-weight: 600; }
.matrix td.none { color: transparent; }

.confusions { list-style: none; margin: 0; padding: 0; }
.confusions li {
  display: flex; justify-content: space-between; gap: 12px;
  padding: 7px 0; border-bottom: 1px solid var(--faint);
}
.confusions li:last-child { border-bottom: 0; }
.confusions span { overflow-wrap: anywhere; }
.confusions span + span { white-space: nowrap; }
.confusions em { font-style: normal; color: var(--soft); }

svg .ideal { stroke: var(--soft); stroke-dasharray: 4 4; fill: none; }
svg .accuracy { fill: var(--good); }
svg .surplus { fill: var(--good); fill-opacity: 0.4; }
svg .gap { fill: var(--bad); fill-opacity: 0.55; }
svg .count { fill: var(--soft); fill-opacity: 0.55; }
.key .accuracy { background: var(--good); }
.key .surplus { background: var(--good); opacity: 0.4; }
.key .gap { background: var(--bad); opacity: 0.55; }
.gallery .predicted { color: var(--bad); font-weight: 600; }
"""
