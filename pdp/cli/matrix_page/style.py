"""How the page of a matrix looks, and what opens, closes and turns to the other language without a script."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light; }
body { font: 10.5pt/1.45 "Noto Sans", "DejaVu Sans", Arial, sans-serif; color: #111; background: #fff;
  margin: 1.2rem auto 3rem; max-width: 78rem; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 1rem 0 .3rem; }
h2 { font-size: 1.15rem; line-height: 1.35; margin: 1.6rem 0 .6rem; } h3 { font-size: 1rem; margin: 1rem 0 .4rem; }
p, li { max-width: 60rem; } code { font-size: .88em; overflow-wrap: anywhere; }
label { cursor: pointer; padding-right: 1.1rem; } input { width: 1.05rem; height: 1.05rem; vertical-align: -.15rem; }
a { color: #0b4a8f; white-space: nowrap; } :target { outline: 2px solid #0b4a8f; outline-offset: 2px; }
.revision { color: #444; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #999; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
thead th { background: #e8ecf1; } .group th { background: #f3f5f8; border-top: 2px solid #555; }
th.plain { font-weight: normal; }
.overview { width: auto; } .overview td, .overview thead th { text-align: center; min-width: 1.4rem; }
.overview th[scope=row] { font-weight: normal; padding: .15rem .5rem; overflow-wrap: normal; }
.overview td { padding: .15rem .3rem; } .overview thead th { overflow-wrap: normal; }
.overview thead th:first-child { text-align: left; }
.wide { overflow-x: auto; } .running { display: none; }
.rights, .rules, .words { table-layout: fixed; } .rules { min-width: 60rem; }
.c-does { width: 19%; } .c-purpose { width: 25%; }
.c-number { width: 4.5rem; } .c-who { width: 14%; } .c-denies { width: 32%; }
.c-code { width: 24%; } .c-inside { width: 46%; }
.allowed { background: #e2f3e5; } .conditional { background: #fff4d6; } .denied { background: #fff; }
ul.bare, ol.bare { margin: 0; padding: 0; list-style: none; } .bare li + li { margin-top: .25rem; }
.index.bare { columns: 22rem; margin-bottom: 1rem; }
.index li { break-inside: avoid; padding-left: 1.9rem; text-indent: -1.9rem; }
.index .name { display: inline-block; width: 1.9rem; text-indent: 0; }
dt { font-weight: bold; margin-top: .6rem; } dd { margin: 0; max-width: 60rem; }
section.fold { border-top: 1px solid #bbb; margin-top: .7rem; }
section.fold > .open { float: left; margin: .95rem .6rem 0 0; }
section.fold > h2 { margin: .7rem 0 .7rem 1.7rem; } section.fold > h2 label { display: block; }
section.fold > .body { margin-bottom: 1.5rem; }
.body { display: none; } .fold:target > .body, .open:checked ~ .body, #open-all:checked ~ main .body { display: block; }
.fold:has(:target) > .body { display: block; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
#in-vi:checked ~ * [lang=en], #in-en:checked ~ * [lang=vi] { display: none; }
@media (max-width: 45rem) {
  body { padding: 0 .7rem; } .rights { font-size: .88em; } .rights th, .rights td { padding: .25rem .3rem; }
  .c-purpose { width: 33%; }
}
@page { size: A4 landscape; margin: 12mm; }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 8.5pt; }
  body > input, body > label, .open, .back { display: none; }
  a { color: inherit; text-decoration: none; } :target { outline: none; }
  .wide { overflow: visible; } .rules { min-width: 0; }
  thead { display: table-header-group; } .running { display: table-row; }
  .running td { border: 0; padding: 0 0 1mm; }
  tr, dd, .index li { break-inside: avoid; }
  h2, h3, dt, .group { break-after: avoid; }
  h1 { font-size: 16pt; } h2, section.fold > h2 { font-size: 11pt; margin: 0 0 2mm; }
  h3 { font-size: 9.5pt; margin: 2mm 0 1mm; }
  .body { display: block; } section.fold { break-before: page; border: 0; }
  body:has(#print-open:checked):not(:has(#open-all:checked)) .role:not(:has(.open:checked)):not(:target) {
    display: none; }
  .allowed, .conditional, .denied, thead th, .group th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .overview th, .overview td { padding: .05rem .3rem; font-size: 8pt; line-height: 1.25; }
  .overview { break-before: page; }
  .c-does { width: 14%; } .c-purpose { width: 30%; } .c-code { width: 17%; } .c-inside { width: 57%; }
}
"""
