// What makes the desk nicer where there is JavaScript: shortcuts, all rows at
// once, and news of arrivals. Everything also works without it.
(function () {
  "use strict";
  var get = function (id) { return document.getElementById(id); };
  var keys = get("keys"), on = get("keys-on"), opener = get("keys-open");
  var store = { get: function () { try { return localStorage.getItem("keys") !== "off"; } catch (e) { return true; } },
    set: function (v) { try { localStorage.setItem("keys", v ? "on" : "off"); } catch (e) {} } };
  on.checked = store.get();
  on.addEventListener("change", function () { store.set(on.checked); });
  opener.hidden = false;
  opener.addEventListener("click", function () { keys.showModal(); });

  // On a phone the menu is wider than the glass.
  var here = document.querySelector(".menu [aria-current]");
  if (here) here.parentNode.scrollLeft = here.offsetLeft - (here.parentNode.clientWidth - here.offsetWidth) / 2;

  var rows = Array.prototype.slice.call(document.querySelectorAll("table.cards tbody tr")), at = -1;
  function move(by) {
    if (!rows.length) return;
    at = Math.min(Math.max(at + by, 0), rows.length - 1);
    rows[at].querySelector("a").focus();
  }
  document.addEventListener("focusin", function (e) {
    var row = e.target.closest && e.target.closest("table.cards tbody tr");
    if (row) at = rows.indexOf(row);
  });
  function focus(id) { var e = get(id); if (e) e.focus(); return !!e; }
  document.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || !on.checked || keys.open) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) && e.target.type !== "checkbox") {
      if (e.key === "Escape") e.target.blur();
      return;
    }
    var done = true;
    switch (e.key) {
      case "/": done = focus("q"); break;
      case "j": move(1); break;
      case "k": move(-1); break;
      case "x": var box = rows[at] && rows[at].querySelector("input[type=checkbox]"); if (box) box.click(); break;
      case "a": done = focus("answer"); break;
      case "n": done = focus("note"); break;
      case "h": done = focus("assignee"); break;
      case "z": var undo = get("undo"); if (undo) undo.click(); break;
      case "u": var back = get("back"); if (back) location.href = back.href; break;
      case "?": keys.showModal(); break;
      default: done = false;
    }
    if (done) e.preventDefault();
  });

  var every = get("every");
  if (every) {
    every.hidden = false;
    every.addEventListener("change", function () {
      var all = document.querySelectorAll("table.cards input[type=checkbox]");
      for (var i = 0; i < all.length; i++) all[i].checked = every.querySelector("input").checked;
    });
  }

  // The sheet for LAPOR!: each field can be copied.
  Array.prototype.forEach.call(document.querySelectorAll("[data-copy]"), function (button) {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(get(button.dataset.copy).value).then(function () { get("copied").textContent = get("copied").dataset.text; });
    });
  });

  // Asking keeps the session open, so it ends a while after the last touch.
  var news = get("arrivals"), touched = Date.now(), title = document.title;
  if (news) {
    ["pointerdown", "keydown", "scroll"].forEach(function (t) { addEventListener(t, function () { touched = Date.now(); }, { passive: true }); });
    setInterval(function () {
      if (document.hidden || Date.now() - touched > 25 * 60e3) return;
      fetch("/desk/new?since=" + news.dataset.since).then(function (r) { return r.ok ? r.json() : null; }).then(function (a) {
        if (!a || !a.new) return;
        document.title = "(" + a.new + ") " + title;
        if (!news.firstChild) { news.appendChild(document.createElement("a")).href = "/desk?view=unseen"; }
        news.firstChild.textContent = a.text;
      }).catch(function () {});
    }, 60e3);
  }
})();
