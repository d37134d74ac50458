import { createHash } from 'node:crypto';

/** The page's only style; it names no font, image or address that is not on the machine that shows it. */
export const style = `
:root{--ink:#1c2430;--soft:#5a6675;--line:#d8dee6;--paper:#fff;--tint:#f4f6f9;--good:#1b7f4b;--bad:#b3261e;--mild:#9a6200;--bar:#3b6ea5}
*{box-sizing:border-box}
html{color-scheme:light;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 20px 48px}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:36px 0 8px;padding-top:12px;border-top:1px solid var(--line)}
p{margin:6px 0;max-width:75ch}
small,.soft{color:var(--soft);font-size:.85rem}
code{font:.78rem/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
pre{background:var(--tint);border:1px solid var(--line);border-radius:6px;padding:10px 12px;white-space:pre-wrap;overflow-wrap:anywhere;font:.8rem/1.5 ui-monospace,monospace}
.verdict{border-left:6px solid var(--good);background:var(--tint);padding:12px 16px;margin:16px 0;font-size:1.1rem}
.verdict.open{border-color:var(--bad)}
.verdict strong{font-size:1.25rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:12px 0;padding:0;list-style:none}
.tiles li{border:1px solid var(--line);border-radius:8px;padding:10px 12px}
.tiles b{display:block;font-size:1.7rem;line-height:1.1;font-variant-numeric:tabular-nums}
.tiles span{display:block;font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}.mild{color:var(--mild)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:12px 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
ol.todo{padding-left:1.4em}ol.todo>li{margin:10px 0;overflow-wrap:anywhere}
ul.names{columns:260px;column-gap:24px;margin:6px 0;padding-left:1.1em;font-size:.9rem}
ul.names li{overflow-wrap:anywhere}
details{border:1px solid var(--line);border-radius:8px;margin:8px 0}
ol details{border:0;margin:2px 0}ol summary{padding:2px 0}
summary{cursor:pointer;padding:8px 12px;font-weight:600;overflow-wrap:anywhere}
section.rows{content-visibility:auto;contain-intrinsic-size:auto 4000px}
table{border-collapse:collapse;width:100%;table-layout:fixed;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:8px 12px;border-top:1px solid var(--line);overflow-wrap:anywhere}
thead th{color:var(--soft);font-weight:600;font-size:.8rem}
tbody th{font-weight:600}
th small,td small{display:block;font-weight:400}
col.id{width:21%}col.end{width:18%}col.where{width:22%}col.when{width:19%}
svg{display:block;width:100%;overflow:visible}
svg.b{height:8px;background:var(--tint);margin:5px 0}
svg.b rect{fill:var(--bar);height:8px;min-width:2px}
.exposed svg.b rect{fill:var(--bad)}
.chart text{font:12px system-ui,sans-serif;fill:var(--soft)}
.chart .x{fill:#d98a85;shape-rendering:crispEdges}.chart .w{fill:var(--bar)}.chart .axis{stroke:var(--line)}.chart .m{stroke:var(--ink);stroke-dasharray:3 3}
.chart .mark{fill:var(--ink)}.chart .mark+text{fill:#fff;font-weight:700;font-size:11px}
.key{list-style:none;padding:0;margin:8px 0;font-size:.9rem}.key li{padding:1px 0 1px 2.2em;text-indent:-2.2em}.key b,.key i{text-indent:0}
.key b{display:inline-block;min-width:1.5em;height:1.5em;line-height:1.5em;margin-right:8px;border-radius:50%;background:var(--ink);color:#fff;text-align:center;font-size:.75rem}
.key i{display:inline-block;width:1.2em;height:.7em;margin-right:8px}.key .x{background:#d98a85}.key .w{background:var(--bar)}
@media screen and (max-width:700px){
main{padding:16px 14px 32px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}
.wide{display:none}
table,tbody,tr,th,td{display:block;width:auto}thead,colgroup{display:none}
tr{border-top:1px solid var(--line);padding:8px 0}tbody tr:first-child{border-top:0}th,td{border:0;padding:2px 12px}
section.rows{contain-intrinsic-size:auto 12000px}
}
@media print{
@page{margin:12mm}
html{font-size:62.5%}body{font-size:1rem}th,td{padding:4px 6px}main{max-width:none;padding:0 12px}h2{break-after:avoid}tr,li,.chart{break-inside:avoid}
section.rows{content-visibility:visible}
details::details-content{content-visibility:visible;block-size:auto;display:block}
details{border:0}thead{display:table-header-group}
*{print-color-adjust:exact}
}
`;

/** What the page's policy allows: this style and nothing else. */
export const stylePolicy = `sha256-${createHash('sha256').update(style).digest('base64')}`;
