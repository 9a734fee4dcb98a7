"use strict";
const matrix = JSON.parse(document.getElementById("data").textContent);
const [client, stack, cause] = ["client", "stack", "cause"].map(id => document.getElementById(id));
const shown = document.getElementById("shown");

// The filters are in the address, so that a view can be passed on.
function filter(remember) {
  const words = client.value.toLowerCase().split(/\s+/).filter(Boolean);
  let rows = 0, cells = 0;
  for (const body of document.querySelectorAll("#matrix tbody")) {
    let any = false;
    for (const row of body.querySelectorAll("tr.row")) {
      const text = row.dataset.client.toLowerCase();
      let hit = (!stack.value || body.dataset.stack === stack.value) && words.every(word => text.includes(word));
      const matching = [...row.cells].filter(cell => cell.dataset.outcome !== undefined && (!cause.value || cell.dataset.outcome === cause.value));
      hit = hit && (!cause.value || matching.length > 0);
      row.hidden = !hit;
      if (!hit) continue;
      any = true;
      rows++;
      cells += matching.length;
      for (const cell of row.cells) cell.classList.toggle("dim", cell.dataset.outcome !== undefined && !matching.includes(cell));
    }
    body.hidden = !any;
  }
  shown.textContent = rows + " clients" + (cause.value ? ", " + cells + " cells" : "");
  if (!remember) return;
  const chosen = new URLSearchParams();
  for (const field of [client, stack, cause]) if (field.value) chosen.set(field.id, field.value);
  history.replaceState(null, "", chosen.size ? "#" + chosen : location.pathname + location.search);
}

function recall() {
  if (location.hash && !location.hash.includes("=")) return filter(false); // a place on the page
  const chosen = new URLSearchParams(location.hash.slice(1));
  for (const field of [client, stack, cause]) field.value = chosen.get(field.id) || "";
  filter(false);
}

function details(button) {
  const row = matrix.rows.find(row => row.client === button.dataset.client);
  const cell = row.cells.find(cell => cell.scenario === button.dataset.scenario);
  const scenario = matrix.scenarios.find(scenario => scenario.name === cell.scenario);
  document.getElementById("details-title").textContent = row.title + ": " + cell.verdict;
  const list = document.createElement("dl");
  const add = (name, value, pre) => {
    if (value === undefined || value === null || value === "" || value === 0) return;
    const term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = name;
    const into = pre ? text.appendChild(document.createElement("pre")) : text;
    into.textContent = value;
    list.append(term, text);
  };
  add("scenario", scenario.title + " (" + scenario.role + ")");
  add("first try", cell.first_try);
  add("how", cell.how);
  add("cause", cell.detail || cell.cause);
  add("proof", cell.proof);
  add("client says", cell.message);
  add("alert at the camera", cell.alert);
  add("exception on the camera", cell.exception);
  add("AIA downloads", cell.aia_fetches);
  add("connection held", cell.held_seconds ? cell.held_seconds.toFixed(3) + " s" : "");
  add("took", cell.seconds ? cell.seconds.toFixed(2) + " s" : "");
  add("exit status", cell.command_line ? String(cell.exit_code) : "");
  add("TLS library", row.library + (row.version ? ", " + row.version : ""));
  add("simulated after", row.simulated);
  add("command", cell.command_line, true);
  add("standard output", cell.stdout, true);
  add("standard error", cell.stderr, true);
  document.getElementById("details-body").replaceChildren(list);
  document.getElementById("details").showModal();
}

document.getElementById("filters").addEventListener("input", () => filter(true));
document.getElementById("filters").addEventListener("reset", () => setTimeout(() => filter(true)));
document.getElementById("filters").addEventListener("submit", event => event.preventDefault());
document.getElementById("matrix").addEventListener("click", event => {
  const button = event.target.closest("button");
  if (button) details(button);
});
addEventListener("hashchange", recall);
recall();
