"""The look that all report pages share. Inline, for a page has to work from S3, from mail and offline."""

from __future__ import annotations

STYLESHEET = """
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --surface: #ffffff; --line: #e2e5ea; --faint: #eef0f4;
  --text: #14181f; --soft: #5b6472; --good: #2563eb; --bad: #d9480f; --on-strong: #ffffff;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1116; --surface: #161b22; --line: #2a313c; --faint: #1f2630;
    --text: #e7ebf1; --soft: #97a1b0; --good: #6ea8fe; --bad: #ff8a4c; --on-strong: #0e1116;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font-variant-numeric: tabular-nums; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.02em; }
h2 { font-size: 18px; margin: 0 0 4px; letter-spacing: -0.01em; }
p { margin: 0; }
.lead, .note { color: var(--soft); }
.note { font-size: 13px; margin-bottom: 16px; max-width: 76ch; }
section > .note:last-child { margin-bottom: 0; }
section {
  margin-top: 24px; padding: 24px; background: var(--surface);
  border: 1px solid var(--line); border-radius: 12px;
}
.scroll { overflow-x: auto; }

.figures {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin-top: 24px;
}
.figure {
  padding: 16px 18px; background: var(--surface); border: 1px solid var(--line); border-radius: 12px;
}
.figure b { display: block; font-size: 28px; line-height: 1.25; font-weight: 650; letter-spacing: -0.02em; }
.figure span { display: block; font-size: 13px; color: var(--soft); overflow-wrap: anywhere; }
.figure.first b { color: var(--good); }

.pair { display: flex; flex-wrap: wrap; column-gap: 24px; }
.pair > * { flex: 0 1 auto; min-width: 0; max-width: 100%; }
.pair > :last-child { flex: 1 1 300px; }

table { border-collapse: collapse; }
.wide { width: 100%; min-width: 560px; }
.wide th, .wide td { padding: 7px 10px; text-align: right; border-bottom: 1px solid var(--faint); }
.wide tr:last-child > * { border-bottom: 0; }
.wide thead th {
  font-size: 12px; font-weight: 600; color: var(--soft); border-bottom-color: var(--line);
}
.wide th:first-child { text-align: left; font-weight: 600; overflow-wrap: anywhere; max-width: 260px; }
.wide .measure { width: 20%; }
.bar { display: flex; align-items: center; justify-content: flex-end; gap: 10px; }
.bar i { flex: 1; height: 6px; border-radius: 3px; background: var(--faint); overflow: hidden; }
.bar i::before {
  content: ""; display: block; height: 100%; width: calc(var(--share) * 100%);
  background: var(--good); border-radius: 3px;
}
.bar.low i::before { background: var(--bad); }
.bar span { min-width: 4.5ch; }

.plot { display: flex; flex-wrap: wrap; gap: 16px 40px; align-items: center; }
.plot > svg { flex: 1 1 320px; max-width: 460px; height: auto; }
.plot > div { flex: 1 1 260px; max-width: 440px; }
svg text { fill: var(--soft); font-size: 12px; }
svg .grid { stroke: var(--line); }
.key { list-style: none; margin: 0; padding: 0; color: var(--soft); font-size: 13px; line-height: 1.9; }
.key i {
  display: inline-block; width: 12px; height: 12px; margin-right: 6px;
  border-radius: 3px; vertical-align: -1px;
}

.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 16px; }
.gallery figure { margin: 0; min-width: 0; }
.gallery .picture {
  display: flex; align-items: center; justify-content: center; aspect-ratio: 1; overflow: hidden;
  background: var(--faint); border: 1px solid var(--line); border-radius: 8px;
  color: var(--soft); font-size: 13px;
}
.gallery img { width: 100%; height: 100%; object-fit: contain; }
.gallery figcaption { margin-top: 6px; font-size: 13px; line-height: 1.4; overflow-wrap: anywhere; }
.gallery .path { color: var(--soft); font-size: 12px; }
footer { margin-top: 24px; font-size: 13px; color: var(--soft); overflow-wrap: anywhere; }
@media (max-width: 560px) {
  main { padding: 24px 14px 48px; }
  section { padding: 18px 16px; }
  .figures { grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); }
}
@media print { body { background: none; } section, .figure { break-inside: avoid; } }
"""
