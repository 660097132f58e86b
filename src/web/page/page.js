// Puts what has changed into the page when the daemon says that something has. Without this the page loads itself again.
"use strict";
(() => {
  const parts = ["summary", "content", "about"];
  let waits = false;

  const refresh = async () => {
    if (document.hidden) {
      waits = true;
      return;
    }
    waits = false;
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of parts) {
      const [known, now] = [document.getElementById(id), fresh.getElementById(id)];
      if (!known || !now || known.innerHTML === now.innerHTML || known.contains(document.activeElement)) continue;
      const open = [...known.querySelectorAll("details")].map((part) => part.open);
      now.querySelectorAll("details").forEach((part, at) => { if (at in open) part.open = open[at]; });
      known.replaceWith(document.adoptNode(now));
    }
    document.title = fresh.title;
  };

  const source = new EventSource("/live?since=" + encodeURIComponent(document.documentElement.dataset.version));
  source.addEventListener("message", () => refresh().catch(() => {}));
  document.addEventListener("visibilitychange", () => { if (waits) refresh().catch(() => {}); });
})();
