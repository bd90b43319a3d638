"use strict";
// The page is whole without this: links open what they lead to, and the table can be searched.
function reveal() {
  for (let at = document.getElementById(location.hash.slice(1)); at; at = at.parentElement) {
    if (at.tagName === "DETAILS") at.open = true;
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();

const search = document.getElementById("search");
if (search) {
  let waiting;
  search.hidden = false;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const words = search.value.toLowerCase();
      document.getElementById("exchanges").classList.toggle("searched", words !== "");
      for (const row of document.querySelectorAll(".rows tbody tr")) {
        row.hidden = words !== "" && !row.textContent.toLowerCase().includes(words);
      }
    }, 200);
  });
}
