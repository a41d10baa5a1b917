"""The look of what only the validation's page has."""

from __future__ import annotations

STYLESHEET = """
:root { --mild: #a16207; --second: #0f9488; --red: #dc2626; --green: #16a34a; --blue: #2563eb; }
@media (prefers-color-scheme: dark) {
  :root { --mild: #e3b341; --second: #4fd1c5; --red: #f87171; --green: #4ade80; --blue: #6ea8fe; }
}
h1.bad { color: var(--bad); }
h1.good { color: var(--good); }
header .lead { overflow-wrap: anywhere; }
.figure.first.bad b { color: var(--bad); }
.figure.mild b { color: var(--mild); }
.figure.calm b { color: var(--soft); }

.badge {
  display: inline-block; padding: 1px 8px; border-radius: 99px; font-size: 12px; font-weight: 600;
  border: 1px solid currentColor;
}
.badge.error { color: var(--bad); }
.badge.warning { color: var(--mild); }
.overview td, .overview th { text-align: left; }
.overview th, .overview .number { white-space: nowrap; }
.overview .number { text-align: right; }
.overview a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: 3px; }
.code { color: var(--soft); font-size: 13px; }

.finding { margin-top: 24px; padding: 20px 0 0; border-top: 1px solid var(--line); }
.finding h3 { display: inline; font-size: 15px; margin: 0 4px 0 6px; }
.finding .where { color: var(--soft); font-size: 13px; white-space: nowrap; }
.finding p { margin-top: 6px; max-width: 76ch; }
.finding .why { color: var(--soft); }
.finding .more { color: var(--soft); font-size: 13px; margin-top: 12px; }
.finding .gallery { margin-top: 16px; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); }
.finding .gallery.pairs { grid-template-columns: repeat(auto-fill, minmax(264px, 1fr)); }
.finding .pictures { display: flex; gap: 6px; }
.finding .pictures > * { flex: 1 1 0; min-width: 0; max-width: 160px; }
.finding .gallery b { font-weight: 600; }
.finding .gallery .path { display: block; }
.examples { list-style: none; margin: 12px 0 0; padding: 0; font-size: 13px; }
.examples li { padding: 5px 0; border-bottom: 1px solid var(--faint); overflow-wrap: anywhere; }
.examples li:last-child { border-bottom: 0; }
.examples span { color: var(--soft); }

.balance { min-width: 0; }
.balance td { width: 36%; }
.balance .bar span { min-width: 6ch; }
.balance .validation i::before { background: var(--second); }
.balance .rest > * { color: var(--soft); font-weight: 400; font-size: 13px; text-align: right; }
.balance .rest th:first-child { font-weight: 400; font-size: 13px; }

svg .cell { fill: var(--good); }
svg .square { stroke: var(--soft); stroke-dasharray: 2 4; }
svg .crop { stroke: var(--bad); stroke-dasharray: 5 3; }
svg .track { fill: var(--faint); }
svg .red { fill: var(--red); } svg .green { fill: var(--green); } svg .blue { fill: var(--blue); }
svg .band { fill-opacity: 0.3; }
svg text.name { fill: var(--text); }
.key .cell { background: var(--good); }
.key .line { height: 0; border-radius: 0; border-top: 2px dashed var(--soft); vertical-align: 4px; }
.key .line.crop { border-color: var(--bad); }
@media (max-width: 560px) {
  .overview { min-width: 0; }
  .overview .fix { display: none; }
  .overview td, .overview th { padding: 7px 4px; }
  .balance td { width: 30%; }
  .balance .bar { gap: 4px; }
  .balance .bar span { min-width: 4ch; }
}
.quantiles { width: 100%; font-size: 13px; margin-bottom: 14px; }
.quantiles th, .quantiles td { padding: 4px 8px; text-align: right; border-bottom: 1px solid var(--faint); }
.quantiles th:first-child { text-align: left; padding-left: 0; }
.quantiles th { font-weight: 500; color: var(--soft); }
"""
