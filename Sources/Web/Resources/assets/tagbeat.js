// Everything works without this file. It shows the buttons that need a script: copying to the clipboard.
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
