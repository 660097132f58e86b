// Puts what has changed into the page when the daemon says that something has, and says when the daemon is not heard any
// more. Without this the page loads itself again.
"use strict";
(() => {
  const parts = ["summary", "content", "about"];
  // In milliseconds: until something that failed is tried again; how long an answer may take; a silence worth a word (the
  // daemon is asked at least every 20 s); how old "2 min ago" may get.
  const [again, patience, silence, oldest] = [5_000, 20_000, 40_000, 30_000];
  let version = document.documentElement.dataset.version;
  let heard = Date.now();
  let [waits, retry] = [false, 0];

  const style = (page) => page.querySelector("style").textContent;
  const focusable = (part) => [...part.querySelectorAll("a[href], summary")];

  // Reading goes on where it was: what is open stays open, and the focus stays on its link.
  const replace = (known, now) => {
    const open = [...known.querySelectorAll("details")].map((part) => part.open);
    now.querySelectorAll("details").forEach((part, at) => { if (at in open) part.open = open[at]; });
    const [at, link] = [focusable(known).indexOf(document.activeElement), document.activeElement?.getAttribute("href")];
    known.replaceWith(document.adoptNode(now));
    if (at < 0) return;
    const candidates = focusable(now);
    const same = candidates.find((part) => link !== null && part.getAttribute("href") === link) ?? candidates[at];
    same?.focus({ preventScroll: true });
  };

  const load = async () => {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(patience) });
    if (answer.status === 404) location.reload();
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    // The content policy of this page knows its own style sheet alone, in which photos stand.
    if (style(fresh) !== style(document)) {
      location.reload();
      return;
    }
    for (const id of parts) {
      const [known, now] = [document.getElementById(id), fresh.getElementById(id)];
      if (known && now && known.innerHTML !== now.innerHTML) replace(known, now);
    }
    document.title = fresh.title;
    version = fresh.documentElement.dataset.version;
  };

  const refresh = () => {
    clearTimeout(retry);
    waits = document.hidden;
    if (!waits) load().catch(() => { retry = setTimeout(refresh, again); });
  };

  const listen = () => {
    const source = new EventSource("/live?since=" + encodeURIComponent(version));
    source.addEventListener("open", () => { heard = Date.now(); });
    source.addEventListener("message", refresh);
    // A browser comes again by itself but where the answer was no stream of events.
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, again);
    });
  };

  const notice = document.createElement("p");
  notice.className = "trouble";
  notice.setAttribute("role", "status");
  notice.hidden = true;
  document.body.prepend(notice);
  setInterval(() => {
    const isSilent = Date.now() - heard > silence;
    if (isSilent && notice.hidden) {
      notice.textContent = document.documentElement.dataset.silence.replace("{time}", new Date(heard).toLocaleTimeString());
    }
    notice.hidden = !isSilent;
  }, again);

  setInterval(refresh, oldest);
  document.addEventListener("visibilitychange", () => { if (waits) refresh(); });
  listen();
})();
