/**
 * The page's one script: tables of class `sortable` sort by a click or Enter on a heading, long ones get a filter. The page reads the
 * same without it. A content security policy names its digest, so nothing else can run.
 */

import { createHash } from 'node:crypto';

/** Plain browser JavaScript; no back-references to the page's data, no network. */
export const SCRIPT = `(()=>{"use strict";
const number=(text)=>{const plain=text.replace(/[,%+]|points|packets|bits?/g,"").replace("−","-").trim();return plain===""||plain==="–"?NaN:Number(plain.split(" ")[0]);};
const order=(x,y)=>{const a=number(x),b=number(y);if(!Number.isNaN(a)&&!Number.isNaN(b))return a-b;if(!Number.isNaN(a))return -1;if(!Number.isNaN(b))return 1;return x.localeCompare(y,"en",{numeric:true});};
for(const table of document.querySelectorAll("table.sortable")){
const body=table.tBodies[0],heads=[...table.tHead.rows[0].cells];
heads.forEach((head,i)=>{if(head.textContent==="")return;const button=document.createElement("button");button.type="button";button.title="Sort";button.textContent=head.textContent;head.replaceChildren(button);
button.addEventListener("click",()=>{const up=head.getAttribute("aria-sort")!=="ascending";for(const other of heads)other.removeAttribute("aria-sort");head.setAttribute("aria-sort",up?"ascending":"descending");
const value=(row)=>row.cells[i].textContent;body.append(...[...body.rows].sort((a,b)=>up?order(value(a),value(b)):order(value(b),value(a))));});});
if(body.rows.length<25)continue;
const label=document.createElement("label"),input=document.createElement("input"),shown=document.createElement("output");
label.className="filter";input.type="search";input.autocomplete="off";label.append("Filter",input,shown);table.closest(".wide").before(label);
input.addEventListener("input",()=>{const wanted=input.value.toLowerCase();let left=0;for(const row of body.rows){row.hidden=!row.textContent.toLowerCase().includes(wanted);if(!row.hidden)left++;}shown.textContent=wanted===""?"":left+" of "+body.rows.length+" rows";});}
const open=()=>{const target=location.hash.length>1&&document.getElementById(decodeURIComponent(location.hash.slice(1)));if(!target)return;for(let box=target;box;box=box.parentElement)if(box.tagName==="DETAILS")box.open=true;const own=target.querySelector(":scope > details");if(own)own.open=true;target.scrollIntoView();};
addEventListener("hashchange",open);open();})();`;

/** Nothing is fetched, nothing is sent, no script but ours runs: enforced by the browser. */
export const POLICY = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'; base-uri 'none'; form-action 'none'`;
