// Everything works without this file. It shows the buttons that need a script, copying to the clipboard, and brings
// the table of tags while one types.
"use strict";

function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    return navigator.clipboard.writeText(text);
  }
  // Plain HTTP on another host than localhost: browsers offer only the old way.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done ? Promise.resolve() : Promise.reject(new Error("copying was refused"));
}

const said = document.createElement("p");
said.className = "hidden";
said.setAttribute("role", "status");
document.body.append(said);

for (const button of document.querySelectorAll("button[data-copy]")) {
  const label = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-label", `Copy ${button.dataset.copy}`);
  button.addEventListener("click", async () => {
    let answer = "Copied";
    try {
      await copy(button.dataset.copy);
    } catch {
      answer = "Not copied";
    }
    button.textContent = answer;
    said.textContent = answer;
    setTimeout(() => {
      button.textContent = label;
      said.textContent = "";
    }, 2000);
  });
}

const filter = document.querySelector("form.filter");
const list = document.getElementById("taglist");
if (filter && list) {
  const asked = () => {
    const fields = new URLSearchParams(new FormData(filter));
    for (const [name, value] of [...fields]) {
      if (!value) fields.delete(name);
    }
    return fields.toString();
  };
  // What the list shows, or null where that is not known.
  let wanted = asked();
  let timer = 0;
  let running = null;

  async function search() {
    const query = asked();
    if (query === wanted) return;
    wanted = query;
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(`/?part=tags&${query}`, { signal: running.signal, headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(`the list was not answered: ${answer.status}`);
      const text = await answer.text();
      if (query !== wanted) return;
      const part = new DOMParser().parseFromString(text, "text/html");
      const title = part.querySelector("h2");
      document.getElementById("list-title").textContent = title.textContent;
      title.remove();
      list.replaceChildren(...part.body.childNodes);
      history.replaceState(null, "", query ? `/?${query}` : "/");
      const rows = list.querySelectorAll("tbody tr").length;
      said.textContent = rows ? `${rows} tags` : "No tag found";
    } catch (error) {
      if (error.name !== "AbortError") wanted = null;
    }
  }

  filter.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
}

// What was pasted gets its own address, so that loading again asks for nothing to be sent twice.
const share = document.getElementById("share");
if (share && location.pathname === "/" && !location.search) {
  history.replaceState(null, "", share.href);
}

const box = document.getElementById("box");
box?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !box.value.trim().includes("\n")) {
    event.preventDefault();
    if (box.value.trim()) box.form.requestSubmit();
  }
});
