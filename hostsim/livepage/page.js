"use strict";
const byId = id => document.getElementById(id);
const rows = byId("rows"), link = byId("link");

// replace puts new markup in the place of an element, and keeps what its reader had open or in
// focus. The markup comes from the server, which has escaped everything that clients sent.
function replace(element, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const fresh = holder.content.firstElementChild;
  const open = [...element.querySelectorAll("details")].map(details => details.open);
  [...fresh.querySelectorAll("details")].forEach((details, i) => { details.open = open[i] || false; });
  const focused = element.contains(document.activeElement) ? path(element, document.activeElement) : null;
  element.replaceWith(fresh);
  if (focused) focused.reduce((at, i) => at && at.children[i], fresh)?.focus({preventScroll: true});
}

function path(from, to) {
  const steps = [];
  for (let at = to; at !== from; at = at.parentElement) steps.unshift([...at.parentElement.children].indexOf(at));
  return steps;
}

// fill is replace for what is inside an element.
function fill(element, html) {
  const focused = element.contains(document.activeElement) ? path(element, document.activeElement) : null;
  element.innerHTML = html;
  if (focused) focused.reduce((at, i) => at && at.children[i], element)?.focus({preventScroll: true});
}

function update(news) {
  if (news.instance !== document.body.dataset.instance) return location.reload();
  if (news.stage) fill(byId("stage"), news.stage);
  if (news.counter) fill(byId("counter"), news.counter);
  for (const row of news.rows) {
    const known = byId(row.id);
    if (known) {
      replace(known, row.html);
    } else {
      const holder = document.createElement("template");
      holder.innerHTML = row.html;
      rows.append(holder.content.firstElementChild);
    }
  }
  const order = news.order || [];
  const kept = new Set(order);
  for (const row of [...rows.children]) if (!kept.has(row.id)) row.remove();
  order.forEach((id, i) => {
    if (rows.children[i]?.id !== id) rows.insertBefore(byId(id), rows.children[i] || null);
  });
  byId("none").hidden = order.length > 0;
  if (news.say) byId("say").textContent = news.say;
}

const source = new EventSource("/events");
source.onopen = () => { link.textContent = "live"; link.className = "link live"; };
source.onerror = () => {
  link.textContent = source.readyState === EventSource.CLOSED ? "too many pages are open; load this one again later"
    : "the camera's page does not answer; trying again";
  link.className = "link lost";
};
source.onmessage = event => update(JSON.parse(event.data));

// Buttons work without a script, too: then the page is loaded again.
document.addEventListener("submit", async event => {
  event.preventDefault();
  try {
    const answer = await fetch(event.target.action, {method: "POST", body: new URLSearchParams(new FormData(event.target)), headers: {Accept: "text/event-stream"}});
    if (!answer.ok) byId("say").textContent = link.textContent = await answer.text();
  } catch {
    link.textContent = "the camera's page does not answer; trying again";
  }
});
