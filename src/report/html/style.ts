/** The report's style sheet: system fonts, CSS variables for both themes, one column on a phone and a list of contents beside it on a laptop. */

/** Contrast with the surface is at least 4.5 for text and 3 for bars and lines, in both themes; test/report/contrast.test.ts reads these. */
export const THEMES = {
  light: {
    paper: '#f4f6fa',
    surface: '#ffffff',
    ink: '#161c28',
    soft: '#515c70',
    line: '#dbe1ea',
    grid: '#d3dae5',
    accent: '#1f57d6',
    good: '#0b7a43',
    bad: '#bb2a1e',
    float: '#76839a',
    switch: '#2a63e0',
    gain: '#148a50',
    loss: '#d1432c',
    'series-c': '#0f8a8a',
    'series-d': '#8450c9',
    'series-e': '#b06a08',
    'series-f': '#b8397f',
    heat: '#2a63e0',
  },
  dark: {
    paper: '#0e1218',
    surface: '#161c25',
    ink: '#e9edf4',
    soft: '#a6b1c2',
    line: '#2b3442',
    grid: '#333e4e',
    accent: '#8ab4ff',
    good: '#57cf92',
    bad: '#ff8f80',
    float: '#8f9cb2',
    switch: '#6f9dff',
    gain: '#43be80',
    loss: '#ff7a66',
    'series-c': '#3fbcbc',
    'series-d': '#b491f2',
    'series-e': '#dfa044',
    'series-f': '#ec7fb5',
    heat: '#3f74e0',
  },
} as const;

function variables(theme: Readonly<Record<string, string>>): string {
  return Object.entries(theme)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');
}

export const STYLE = `
:root{color-scheme:light dark;${variables(THEMES.light)}}
@media(prefers-color-scheme:dark){:root{${variables(THEMES.dark)}}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:15.5px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.page{max-width:80rem;margin:0 auto;padding:1.5rem 1.5rem 4rem}
h1{font-size:1.75rem;line-height:1.2;margin:0;overflow-wrap:anywhere;letter-spacing:-.01em}
h2{font-size:1.2rem;margin:0 0 .75rem;overflow-wrap:anywhere}
h3{font-size:1rem;margin:1.5rem 0 .35rem;overflow-wrap:anywhere}
p{margin:.35rem 0;color:var(--soft);overflow-wrap:anywhere}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--series-e);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-999rem}
.skip:focus{left:1rem;top:1rem;background:var(--surface);padding:.5rem .75rem;z-index:9}
header{margin-bottom:1rem}
header .title{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem .75rem}
.badge{display:inline-block;border:1.5px solid currentColor;border-radius:99px;padding:.05rem .7rem;font-weight:650;font-size:.9rem;white-space:nowrap}
.pass{color:var(--good)}
.fail{color:var(--bad)}
nav ul{list-style:none;display:flex;gap:.25rem;padding:.25rem 0;margin:0 0 .75rem;overflow-x:auto}
nav a{display:block;padding:.25rem .6rem;border-radius:.4rem;text-decoration:none;white-space:nowrap;color:var(--soft);font-size:.92rem}
nav a:hover{background:var(--line);color:var(--ink)}
section{background:var(--surface);border:1px solid var(--line);border-radius:.75rem;padding:1.1rem 1.25rem;margin:0 0 1.1rem;min-width:0}
@media(min-width:66rem){.body{display:grid;grid-template-columns:11.5rem minmax(0,1fr);gap:1.5rem;align-items:start}
nav{position:sticky;top:1rem;max-height:calc(100vh - 2rem);overflow-y:auto}
nav ul{flex-direction:column;overflow-x:visible}
nav a{white-space:normal}}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(10.5rem,1fr));gap:.65rem;margin:0 0 1rem;padding:0}
.card{border:1px solid var(--line);border-radius:.6rem;padding:.55rem .75rem;min-width:0}
.card dt{font-size:.8rem;color:var(--soft)}
.card dd{margin:0;font-size:1.35rem;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.card .note{font-size:.8rem;font-weight:400;color:var(--soft)}
.meter{display:block;height:.35rem;border-radius:99px;background:var(--line);overflow:hidden;margin-top:.3rem}
.meter i{display:block;height:100%;background:var(--switch);border-radius:99px}
.meter i.over{background:var(--loss)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:1rem 1.5rem;align-items:start}
.pair>*{min-width:0}
.wide{overflow-x:auto;margin:.25rem 0 .75rem;max-width:100%}
.tall{max-height:30rem;overflow-y:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.88rem}
caption,figcaption{color:var(--soft);font-size:.85rem;text-align:left;padding:0 0 .35rem}
th,td{padding:.28rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td{white-space:nowrap}
td.k{min-width:9rem;white-space:normal;overflow-wrap:anywhere}
caption span{display:block;position:sticky;left:0;max-width:min(100%,calc(100vw - 3.4rem))}
.r{text-align:right}
thead th{position:sticky;top:0;background:var(--surface);font-weight:600;color:var(--soft);vertical-align:bottom;z-index:1}
tbody th{font-weight:500}
thead button{font:inherit;color:inherit;background:none;border:0;padding:0;margin:0;cursor:pointer;text-align:inherit}
th[aria-sort=ascending] button::after{content:" ▲"}
th[aria-sort=descending] button::after{content:" ▼"}
thead button:hover{color:var(--ink);text-decoration:underline}
.heat td{text-align:center;padding:.3rem .45rem;border:2px solid var(--surface);border-radius:.4rem;background:color-mix(in srgb,var(--tint,var(--heat)) var(--heat-share),var(--surface));white-space:nowrap}
.heat td small{display:block;color:inherit;font-size:.75rem;line-height:1.1}
.heat td.zero{color:var(--soft)}
.heat thead th{text-align:center;border-bottom:0;overflow-wrap:anywhere}
.flow{display:flex;flex-wrap:wrap;gap:1rem 1.5rem;align-items:flex-start}
.flow>*{min-width:0;max-width:100%}
.heat thead th:first-child,.heat tbody th{text-align:left;position:sticky;left:0;background:var(--surface);max-width:11rem;overflow-wrap:anywhere}
.heat tbody th{border-bottom:0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.heat.dense td{padding:.18rem .2rem;font-size:.76rem;min-width:1.95rem}
.heat.dense th{padding:.18rem .3rem;font-size:.8rem}
.better{--tint:var(--gain)}
.worse{--tint:var(--loss)}
figure{margin:.25rem 0 1rem;min-width:0}
.chart svg{width:100%;height:auto;display:block}
.chart .broad{max-width:60rem}
.chart .narrow{display:none;max-width:28rem}
figure.chart{container-type:inline-size}
@container(max-width:35rem){.chart .narrow{display:block}
.chart .broad{display:none}}
@media(max-width:40rem){.page{padding:1rem .75rem 3rem}
section{padding:.9rem .8rem}
.cards{grid-template-columns:repeat(2,minmax(0,1fr))}
h1{font-size:1.4rem}
th,td{padding:.28rem .4rem}
td.k{min-width:6.5rem}}
details{margin:.25rem 0}
summary{cursor:pointer;color:var(--accent);font-size:.92rem;padding:.15rem 0}
.filter{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem;font-size:.88rem;color:var(--soft);margin:.25rem 0}
.filter input{font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--soft);border-radius:.4rem;padding:.15rem .5rem;min-width:0;max-width:14rem}
ul.notes{margin:.5rem 0;padding-left:1.2rem;color:var(--soft);overflow-wrap:anywhere}
code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9em}
footer{color:var(--soft);font-size:.82rem;margin-top:1.5rem}
@media print{nav,.skip,.filter{display:none}section{break-inside:avoid}}
`;
