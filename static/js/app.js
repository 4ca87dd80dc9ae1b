// Enhancement only: every action on every page works without this file.
(function () {
  "use strict";
  const page = document;
  page.documentElement.classList.add("js");

  const summary = page.querySelector("[data-error-summary]");
  if (summary) {
    summary.setAttribute("tabindex", "-1");
    summary.focus();
  }

  const clock = (minutes) =>
    String(Math.floor(minutes / 60)).padStart(2, "0") + ":" + String(minutes % 60).padStart(2, "0");

  // A mouse or a finger on a long free gap means the half hour it points at.
  function refineStart(gap, event) {
    const box = gap.getBoundingClientRect();
    if (!(event.detail > 0 && event.clientX && box.width > 120 && window.innerWidth > 767)) return;
    const from = Number(gap.dataset.from);
    const length = Number(gap.dataset.to) - from;
    const steps = Math.floor((((event.clientX - box.left) / box.width) * length) / 30);
    const address = new URL(gap.href);
    address.searchParams.set("start", clock(from + steps * 30));
    gap.href = address.toString();
  }

  page.addEventListener("click", function (event) {
    if (!event.target.closest) return;
    if (event.target.closest("[data-print]")) window.print();
    const gap = event.target.closest("a.gap[data-from]");
    if (gap) refineStart(gap, event);
  });

  // A courtesy against double sending; the server guards against it in any case.
  page.addEventListener("submit", function (event) {
    const form = event.target;
    const button = form.querySelector("[data-busy]");
    if (!button) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    button.setAttribute("aria-disabled", "true");
    button.querySelector("span").textContent = button.dataset.busy;
  });

  // Coming back with the browser's own button finds a form that can be sent again.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) window.location.reload();
  });

  page.addEventListener("htmx:afterSwap", function (event) {
    const source = event.detail.requestConfig.elt;
    const room = source && source.getAttribute("data-room");
    if (room) {
      page.querySelectorAll("[data-room]").forEach(function (each) {
        if (each.getAttribute("data-room") === room) each.setAttribute("aria-current", "true");
        else each.removeAttribute("aria-current");
      });
    }
    const heading = event.detail.target.querySelector("[data-focus]");
    if (heading) {
      heading.setAttribute("tabindex", "-1");
      heading.focus({ preventScroll: true });
    }
  });
})();
