/** The report's style sheet: system fonts, CSS variables for both themes. */

export const STYLE = `
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1d2330; --soft: #5a6375; --line: #d5dae3; --panel: #f5f7fa; --good: #14804a; --bad: #b3261e;
  --series-a: #2f6fd0; --series-b: #d9632b; --series-c: #2f9d6a; --series-d: #8857c4; --heat: #2f6fd0; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181f; --ink: #e5e9f0; --soft: #a3adbd; --line: #353d4a; --panel: #1c222b; --good: #5ac98c; --bad: #ff8a80;
  --series-a: #6ea8fe; --series-b: #f2955f; --series-c: #63cf9b; --series-d: #b794f4; --heat: #3b6fc4; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.25rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; overflow-wrap: anywhere; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); }
p, figcaption, caption { color: var(--soft); } figcaption, caption { font-size: .85rem; text-align: left; }
a { color: var(--series-a); } :focus-visible { outline: 3px solid var(--series-b); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; } .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; margin: .75rem 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1rem 0; padding: 0; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; } .card dt { font-size: .8rem; color: var(--soft); } .card dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
.pass { color: var(--good); } .fail { color: var(--bad); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; margin: .5rem 0; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; } .r { text-align: right; } thead th { position: sticky; top: 0; background: var(--panel); }
.heat td { background: color-mix(in srgb, var(--heat) var(--heat-share), var(--paper)); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1rem; } figure { margin: .5rem 0; } .chart { overflow-x: auto; max-width: 48rem; } .chart svg { width: 100%; min-width: 27rem; height: auto; }
summary { cursor: pointer; color: var(--series-a); } h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; } thead button { all: unset; cursor: pointer; font-weight: inherit; } thead button:focus-visible { outline: 3px solid var(--series-b); }
pre { background: var(--panel); padding: .75rem; overflow-x: auto; border-radius: .5rem; font-size: .85rem; }
`;
